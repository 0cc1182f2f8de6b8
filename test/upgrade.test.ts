// The first migration of a release that moves what an older one wrote: nothing is lost, and instances of the older release,
// which run until they are replaced, leave nothing out.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeJournal, note } from '../src/database/migration-journal.js';
import { applyMigrations } from '../src/database/migrate.js';
import { Database, type Transaction } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { PendingUsers } from '../src/users/pending-users.js';
import { UserAddress } from '../src/users/user-address.js';
import { UserStatus } from '../src/users/user-status.js';
import { Users } from '../src/users/users.js';
import { emptyDatabase } from './support/empty-database.js';
import { startService } from './support/service.js';
import { SERVICE_ROLE } from './support/settings.js';

/** The migrations that the release before had. */
const BEFORE = 19;
const USERS = 20_000;
const migrationsFolder = fileURLToPath(new URL('../drizzle', import.meta.url));

let url: string;
let old: pg.Client;
beforeAll(async () => {
  ({ url } = await emptyDatabase());
  old = new pg.Client({ connectionString: url });
  await old.connect();
  const migrations = readMigrationFiles({ migrationsFolder }).slice(0, BEFORE);
  await makeJournal(old, []);
  for (const migration of migrations) {
    for (const statement of migration.sql) await old.query(statement);
    await note(old, migration);
  }
  await old.query(
    `INSERT INTO users (id, email) SELECT gen_random_uuid(), n || '@example.com' FROM generate_series(1, $1::int) n`,
    [USERS],
  );
  await old.query(
    `INSERT INTO upstream_identities (user_id, issuer, subject, id)
     SELECT id, 'https://issuer.example', 'sübject ' || email, gen_random_uuid() FROM users LIMIT 100`,
  );
  await old.query(
    `INSERT INTO foreign_sessions (user_id, token_hash, expires_at)
     SELECT id, sha256(convert_to(email, 'UTF8')), protocol_now() + interval '1 day' FROM users LIMIT 100`,
  );
});
afterAll(() => old.end());

/** As the release before did it. */
const registerAsBefore = (client: pg.Client, email: string) =>
  client.query<{ id: string }>(
    `INSERT INTO users AS u (id, email, password_hash, pending_until)
     VALUES ($1, $2, 'a hash', protocol_now() + make_interval(days => 7))
     ON CONFLICT (email) DO UPDATE
        SET password_hash = excluded.password_hash, pending_until = excluded.pending_until,
            session_epoch = u.session_epoch + 1, credential_version = u.credential_version + 1
      WHERE u.pending_until IS NOT NULL AND u.disabled_at IS NULL
     RETURNING id`,
    [randomUUID(), email],
  );

const differences = async () => {
  const { rows } = await old.query(`
    SELECT coalesce(e.email, u.email) AS email FROM user_emails e
      FULL JOIN users u ON u.id = e.user_id AND u.email = e.email WHERE u.id IS NULL OR e.user_id IS NULL
    UNION ALL SELECT subject FROM upstream_identities i WHERE NOT EXISTS (SELECT FROM user_lookups l WHERE l.kind = 'identity'
       AND l.user_id = i.user_id AND l.hash = sha256(convert_to(i.issuer || E'\\n' || i.subject, 'UTF8')))
    UNION ALL SELECT encode(token_hash, 'hex') FROM foreign_sessions s WHERE NOT EXISTS (SELECT FROM user_lookups l
       WHERE l.kind = 'foreign_session' AND l.user_id = s.user_id AND l.hash = s.token_hash AND l.expires_at = s.expires_at)`);
  return rows;
};
const countOf = async (table: string) =>
  (await old.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n;

describe('a database of the release before', () => {
  it('has every address, identity and session in its place, and misses none that comes meanwhile', async () => {
    const migration = { isOver: false };
    const migrated = applyMigrations(url, SERVICE_ROLE).finally(() => (migration.isOver = true));
    let registered = 0;
    do await registerAsBefore(old, `meanwhile-${++registered}@example.com`);
    while (!migration.isOver);
    await migrated;
    expect(await countOf('user_emails')).toBe(USERS + registered);
    expect(await countOf('user_lookups')).toBe(200);
    expect(await differences()).toEqual([]);
  });

  it.each<[string, string]>([
    ['takes an address', `INSERT INTO users (id, email) VALUES (gen_random_uuid(), 'new@example.com')`],
    ['changes one', `UPDATE users SET email = 'moved@example.com' WHERE email = '1@example.com'`],
    ['deletes a user', `DELETE FROM users WHERE id IN (SELECT user_id FROM upstream_identities LIMIT 10)`],
    [
      'connects an identity',
      `INSERT INTO upstream_identities (user_id, issuer, subject, id)
      SELECT id, 'https://issuer.example', 'another', gen_random_uuid() FROM users LIMIT 1`,
    ],
    [
      'uses up a session of another system',
      `DELETE FROM foreign_sessions WHERE user_id =
      (SELECT user_id FROM foreign_sessions LIMIT 1)`,
    ],
  ])('afterwards leaves nothing out when an instance of that release %s', async (_, statement) => {
    expect((await old.query(statement)).rowCount).toBeGreaterThan(0);
    expect(await differences()).toEqual([]);
    expect(await countOf('user_lookups')).toBe(
      ((await countOf('upstream_identities')) ?? 0) + ((await countOf('foreign_sessions')) ?? 0),
    );
  });

  it('registers an address again, as before, and gives none to two users', async () => {
    const [first, second] = [
      await registerAsBefore(old, 'again@example.com'),
      await registerAsBefore(old, 'again@example.com'),
    ];
    expect(second.rows).toEqual(first.rows);
    // An instance of this release has claimed it a moment ago.
    const claimed = `INSERT INTO user_emails (email, user_id) VALUES ('claimed@example.com', gen_random_uuid())`;
    await old.query(claimed);
    await expect(registerAsBefore(old, 'claimed@example.com')).rejects.toMatchObject({ code: '23505' });
    await old.query(`DELETE FROM user_emails WHERE email = 'claimed@example.com'`);
    expect(await differences()).toEqual([]);
  });

  it('moves the revision of a user who is changed by hand', async () => {
    const changed = `UPDATE users SET role = 'admin' WHERE email = '${USERS}@example.com' RETURNING revision`;
    expect((await old.query(changed)).rows).toEqual([{ revision: 2 }]);
  });
});

describe('a service of this release beside the backstops of one server', () => {
  it('gives an address to one of 20 who want it at once, moves it and frees it', async () => {
    const service = await startService({}, { databaseUrl: url });
    const database = service.app.get(Database);
    const [users, pending] = [service.app.get(Users), service.app.get(PendingUsers)];
    const within = <T>(work: (tx: Transaction) => Promise<T>) => inTransaction(database, work);
    const email = 'wanted@example.com';
    const wishes = Array.from({ length: 20 }, (_, n) =>
      within(async (tx) =>
        n % 2 === 0 ? users.create(tx, email, 'a hash') : pending.register(tx, email, 'another hash'),
      ),
    );
    const got = (await Promise.all(wishes)).flatMap((each) => each?.id ?? []);
    expect(new Set(got).size).toBe(1);
    const [id = ''] = got;
    expect(await within((tx) => service.app.get(UserAddress).set(tx, id, 'moved-on@example.com'))).toBe(true);
    const revision = (await users.findById(id))?.revision ?? 0;
    const next = await within((tx) => users.create(tx, email, 'a hash'));
    expect(await within((tx) => service.app.get(UserAddress).set(tx, id, email))).toBe(false);
    expect(await within((tx) => service.app.get(UserStatus).remove(tx, next?.id ?? ''))).toBe(email);
    expect(await within((tx) => service.app.get(UserAddress).set(tx, id, email))).toBe(true);
    expect(await users.findByEmail(email)).toMatchObject({ id, revision: revision + 1 });
    expect(await differences()).toEqual([]);
    await service.stop();
  });
});
