// The rules for statements on a sharded database, each with a statement that breaks it. After each file of tests, every
// statement that the service has sent is held against them (test/support/each-file.ts).
import { expect, it } from 'vitest';
import { exceptions } from './support/shard-exceptions.js';
import { brokenBy } from './support/shard-rules.js';

it.each([
  ['select from users where id = $1 for update skip locked', 'SKIP LOCKED'],
  ['delete from users where id = $1 and ctid = any($2)', 'ctid'],
  ['select from users where email = $1', 'users without its shard'],
  ['select from refresh_tokens where user_id = $1 or id = $2', 'refresh_tokens without its shard'],
  ['select from refresh_tokens s where not s.user_id = $1', 'refresh_tokens without its shard'],
  ['select from users u join refresh_tokens s on s.id = u.id where u.id = $1', 'refresh_tokens without its shard'],
  ['select from users where id in (select user_id from passkeys)', 'users without its shard'],
  ['select 1 union all select 2 from users', 'users without its shard'],
  [
    'select from users u, user_emails e where e.email = $1 and u.id = e.user_id and u.id = $2',
    'one statement for user_emails and with users',
  ],
  ['select from users, signing_keys where id = $1', 'one statement for local and with users'],
  [
    'with gone as (delete from passkeys where user_id = $1) update users set role = $2 where id = $1',
    'several writes in one statement',
  ],
  ['update users set disabled_at = case when $2 then protocol_now() end where id = $1', 'protocol_now() in CASE'],
  ['update users set disabled_at = coalesce(disabled_at, protocol_now()) where id = $1', 'protocol_now() in COALESCE'],
  ['update users set role = $2 where id = $1 returning protocol_now()', 'protocol_now() in RETURNING'],
  [
    'delete from passkeys where user_id = $1 and protocol_now() - created_at > $2',
    'protocol_now() computed with a column',
  ],
  [
    'insert into users (id) values ($1) on conflict (id) do update set disabled_at = protocol_now()',
    'protocol_now() in ON CONFLICT',
  ],
])('%s', (statement, rule) => {
  expect(brokenBy(statement)).toContain(rule);
});

it.each([
  'select from users where id = $1 for no key update',
  'select from users where id = any($1::uuid[])',
  'select from users u join refresh_tokens s on s.user_id = u.id where u.id = $1 and s.family = $2',
  'select from users u where u.id = $1 and not exists (select from refresh_tokens s where s.user_id = u.id and s.id <> $2)',
  'with given as (select $1::uuid as id) select from users u, given where u.id = given.id',
  "update refresh_tokens set expires_at = protocol_now() + interval '30 days' where user_id = $1 and rotated_at > protocol_now() - $2",
  'update users u set role = $2 from services s where u.id = $1 and s.id = $3',
  'select from signing_keys',
])('breaks no rule: %s', (statement) => {
  expect(brokenBy(statement)).toEqual([]);
});

it('every exception has a reason', () => {
  expect(exceptions.filter(({ why }) => why.length < 10)).toEqual([]);
});
