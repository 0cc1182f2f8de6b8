// The content of the database: its growth, and that nothing in it grants access.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, it } from 'vitest';
import { KeyStore } from '../src/keys/key-store.js';
import { formatRefreshToken, hashOf, parseRefreshToken, successorOf } from '../src/tokens/refresh-token.js';
import { decode, me, mobile, refresh } from './support/client.js';
import { startServiceForTest } from './support/service.js';

it('R10: storage grows with sessions and not with refreshes: rotations are HOT updates and add no row', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phones = await Promise.all(Array.from({ length: 10 }, () => mobile(service.url)));
  await service.query('VACUUM ANALYZE refresh_tokens');
  const figures = async () => {
    const [row] = await service.query<{ updates: number; hot: number; live: number; bytes: number }>(
      `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot, (SELECT count(*)::int FROM refresh_tokens) AS live,
              pg_indexes_size('refresh_tokens')::int AS bytes
         FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'`,
    );
    return row ?? { updates: 0, hot: 0, live: 0, bytes: 0 };
  };
  const before = await figures();
  await Promise.all(
    phones.map(async (phone) => {
      let token = phone.refreshToken;
      for (let spent = 0; spent < 200; spent++) token = (await refresh(service.url, token)).json['refreshToken'];
    }),
  );
  // The pool's connections report their counts one second after their last statement.
  let after = await figures();
  for (let tries = 0; tries < 100 && after.updates - before.updates < 2_000; tries++) {
    await sleep(100);
    await Promise.all(phones.map(() => service.query('SELECT 1')));
    after = await figures();
  }
  const updates = after.updates - before.updates;
  expect(updates).toBeGreaterThanOrEqual(2_000);
  expect((after.hot - before.hot) / updates).toBeGreaterThanOrEqual(0.95);
  expect([after.live, after.bytes]).toEqual([before.live, before.bytes]);
});

it('R10: each statement of a refresh touches one partition of tables that are hash-partitioned by user', async () => {
  const service = await startServiceForTest();
  await service.query(`
    ALTER TABLE access_revocations DROP CONSTRAINT access_revocations_user_id_users_id_fk;
    CREATE SCHEMA watchword_shape;
    ALTER TABLE users SET SCHEMA watchword_shape;
    ALTER TABLE refresh_tokens SET SCHEMA watchword_shape;
    ${parted('users', 'id')}
    ${parted('refresh_tokens', 'user_id')}
    GRANT SELECT, INSERT, UPDATE, DELETE ON users, refresh_tokens TO watchword_service`);
  const thief = await mobile(service.url);
  const phone = await mobile(service.url);
  const [own] = await service.query<{ users: string; sessions: string }>(
    `SELECT u.tableoid::regclass::text AS users, s.tableoid::regclass::text AS sessions
       FROM users u JOIN refresh_tokens s ON s.user_id = u.id WHERE u.id = $1`,
    [phone.user.id],
  );
  // A statement that touches another part waits for this lock until it times out, and the answer is 503.
  const others = Array.from({ length: 8 }, (_, part) => [`users_${part}`, `refresh_tokens_${part}`])
    .flat()
    .filter((name) => name !== own?.users && name !== own?.sessions);
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  await other.query(`BEGIN; LOCK TABLE ONLY ${others.join(', ONLY ')} IN ACCESS EXCLUSIVE MODE`);

  const next = await refresh(service.url, phone.refreshToken);
  expect(next.status).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  expect((await refresh(service.url, next.json['refreshToken'])).status).toBe(200);
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).json['code']).toBe('refresh_token_reused');
  expect((await me(service.url, phone.accessToken)).json['code']).toBe('token_revoked');
  await other.query('COMMIT');
  await other.end();
  expect((await refresh(service.url, thief.refreshToken)).status).toBe(200);
});

/** A copy of the table in eight partitions, without constraints that do not begin with the user's id. */
const parted = (table: string, key: string) => `
  CREATE TABLE ${table} (LIKE watchword_shape.${table} INCLUDING DEFAULTS) PARTITION BY HASH (${key});
  ${Array.from({ length: 8 }, (_, part) => `CREATE TABLE ${table}_${part} PARTITION OF ${table} FOR VALUES WITH (MODULUS 8, REMAINDER ${part});`).join('\n')}`;

it('R9: a dump and an old token, without the key, neither open a session nor raise an alert', async () => {
  const service = await startServiceForTest();
  const phone = await mobile(service.url);
  const first = parseRefreshToken(phone.refreshToken);
  if (!first) throw new Error('no token');
  const next = (await refresh(service.url, phone.refreshToken)).json['refreshToken'] as string;
  const [row] = await service.query<{ token: string; family: string; ratchet_salt: Buffer }>(
    'SELECT * FROM refresh_tokens',
  );
  const [kept] = await service.query<{ sealed: Buffer }>(
    `SELECT sealed FROM server_secrets WHERE name = 'refresh-ratchet'`,
  );
  if (!row || !kept) throw new Error('no row');
  // The ratchet needs K, which the dump holds only encrypted.
  const guesses = [Buffer.alloc(0), Buffer.alloc(32), kept.sealed, kept.sealed.subarray(12, 44)];
  for (const guess of guesses) expect(hashOf(successorOf(first, row.ratchet_salt, guess))).not.toBe(row.token);
  const secret = await service.app.get(KeyStore).refreshSecret();
  expect(formatRefreshToken(successorOf(first, row.ratchet_salt, secret))).toBe(next);

  // The family is a hash of the selector: without the selector nobody can make even a wrong token of the family.
  const forged = {
    ...first,
    selector: Buffer.from(Buffer.from(row.family, 'hex').subarray(0, 16).toReversed()),
    generation: 0,
  };
  const answer = await refresh(service.url, formatRefreshToken(forged));
  expect(answer.json['code']).toBe('refresh_token_invalid');
  expect(service.log.filter((line) => line['alert'])).toEqual([]);
  expect((await refresh(service.url, next)).status).toBe(200);
});

it('R9: no table contains a usable token, selector, secret or password', async () => {
  const service = await startServiceForTest();
  const phone = await mobile(service.url);
  const next = (await refresh(service.url, phone.refreshToken)).json;
  const tables = await service.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  expect(tables.map(({ name }) => name)).toContain('refresh_tokens');
  let dump = '';
  for (const { name } of tables) dump += JSON.stringify(await service.query(`SELECT t::text FROM ${name} t`));

  const secrets = [phone.person.password, phone.accessToken, decode(phone.accessToken)['jti'] as string];
  for (const text of [phone.refreshToken, next['refreshToken'] as string]) {
    const bytes = Buffer.from(text.slice(4), 'base64url');
    for (const part of [bytes.subarray(16, 32), bytes.subarray(36, 68)]) {
      secrets.push(part.toString('hex'), part.toString('base64'), part.toString('base64url'));
    }
    secrets.push(text, text.slice(4));
  }
  for (const secret of secrets) expect(dump).not.toContain(secret);
  expect(dump).toContain(phone.session.id);
});
