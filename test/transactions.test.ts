// Transactions: what leaves together, and that all of it holds or nothing.
import { sql } from 'drizzle-orm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../src/database/database.js';
import { DatabasePool } from '../src/database/database-pool.js';
import { given, Prepared } from '../src/database/prepared.js';
import { inOneRoundTrip, readThenWrite } from '../src/database/transactions.js';
import { mobile } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const settings = { RATE_LIMITS: 'off', DATABASE_POOL_SIZE: '2' };

async function start() {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  onTestFinished(() => proxy.close());
  const service = await startServiceForTest(settings, { databaseUrl: proxy.url });
  const database = service.app.get(Database);
  await service.query('CREATE TABLE notes (a integer NOT NULL); GRANT ALL ON notes TO PUBLIC');
  const notes = () => service.query<{ a: number }>('SELECT a FROM notes ORDER BY a');
  const { pool } = service.app.get(DatabasePool);
  return { proxy, service, database, notes, pool };
}

const locked = new Prepared<{ seen: number }>('locked_note', sql`SELECT 1 AS seen FROM notes FOR UPDATE`, true);
const noted = new Prepared<object>('note', sql`INSERT INTO notes VALUES (${given('a')}::int)`, true);

describe('a transaction that reads and then writes', () => {
  it('sends BEGIN with what it reads', async () => {
    const { proxy, database, notes } = await start();
    const begun = proxy.pauseAfter(/begin/);
    const work = readThenWrite(
      database,
      (tx) => locked.runIn(tx, {}),
      async (tx) => {
        await noted.runIn(tx, { a: 1 });
        return 'done';
      },
    );
    await until('it reads before BEGIN is answered', () => proxy.count(/FROM notes FOR UPDATE/) === 1);
    begun.release();
    expect(await work).toBe('done');
    expect(await notes()).toEqual([{ a: 1 }]);
  });

  it('runs again without names where a migration has outdated a plan, and does all of it once', async () => {
    const { proxy, service, database, notes } = await start();
    const all = new Prepared('all_notes', sql`SELECT * FROM notes`, true);
    const write = (a: number) =>
      readThenWrite(
        database,
        (tx) => all.runIn(tx, {}),
        async (tx, seen) => {
          await noted.runIn(tx, { a });
          return seen.length;
        },
      );
    for (const a of [1, 2, 3]) expect(await write(a)).toBe(a - 1); // on both connections
    await service.query('ALTER TABLE notes ADD COLUMN b integer');
    for (const a of [4, 5, 6]) expect(await write(a)).toBe(a - 1);
    const before = proxy.count(/FROM notes/);
    for (const a of [7, 8, 9]) expect(await write(a)).toBe(a - 1);
    expect(proxy.count(/FROM notes/)).toBe(before + 3); // no connection keeps the old plan
    expect(await notes()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((a) => ({ a })));
  });
});

describe('a transaction of one round trip', () => {
  it('sends its statements before BEGIN is answered, and COMMIT before they are', async () => {
    const { proxy, database, notes } = await start();
    const commits = proxy.count(/commit/);
    const [begun, written] = [proxy.pauseAfter(/begin/), proxy.pauseAfter(/INSERT INTO notes/)];
    const work = inOneRoundTrip(database, (tx) => noted.runIn(tx, { a: 1 }));
    await until('it writes', () => proxy.count(/INSERT INTO notes/) === 1);
    begun.release();
    await until('it commits', () => proxy.count(/commit/) === commits + 1);
    written.release();
    await work;
    expect(await notes()).toEqual([{ a: 1 }]);
  });

  it('commits nothing if one of its statements fails, and throws its error', async () => {
    const { database, notes, pool } = await start();
    const work = inOneRoundTrip(database, (tx) => Promise.all([1, null, 2].map((a) => noted.runIn(tx, { a }))));
    await expect(work).rejects.toThrow(/null value/);
    expect(await notes()).toEqual([]);
    expect([pool.idleCount, pool.waitingCount]).toEqual([pool.totalCount, 0]);
  });

  it('that cannot commit throws the error of COMMIT', async () => {
    const { service, database, notes } = await start();
    await service.query('ALTER TABLE notes ADD UNIQUE (a) DEFERRABLE INITIALLY DEFERRED');
    const work = inOneRoundTrip(database, (tx) => Promise.all([1, 1].map((a) => noted.runIn(tx, { a }))));
    await expect(work).rejects.toThrow(/duplicate key/);
    expect(await notes()).toEqual([]);
  });

  it('runs again without names where a migration has outdated a plan, and does all of it once', async () => {
    const { service, database, notes } = await start();
    const all = new Prepared('every_note', sql`SELECT * FROM notes`, true);
    const write = async (a: number) => {
      const both = await inOneRoundTrip(database, (tx) => Promise.all([noted.runIn(tx, { a }), all.runIn(tx, {})]));
      return both[1].length;
    };
    for (const a of [1, 2, 3]) expect(await write(a)).toBe(a); // on both connections
    await service.query('ALTER TABLE notes ADD COLUMN b integer');
    for (const a of [4, 5, 6]) expect(await write(a)).toBe(a);
    expect(await notes()).toEqual([1, 2, 3, 4, 5, 6].map((a) => ({ a })));
  });
});

describe('the transaction of a sign-in', () => {
  it('needs one round trip', async () => {
    const { proxy, service } = await start();
    const { person } = await mobile(service.url);
    const commits = proxy.count(/commit/);
    const [begun, started] = [proxy.pauseAfter(/begin/), proxy.pauseAfter(/insert into "refresh_tokens"/)];
    const signIn = mobile(service.url, person);
    await until('it writes before BEGIN is answered', () => proxy.count(/insert into "refresh_tokens"/) === 2);
    begun.release();
    await until('it commits before the session is', () => proxy.count(/commit/) === commits + 1);
    started.release();
    await signIn;
  });

  it('takes a look first shortly after a forced end, and the event says so', async () => {
    const { proxy, service } = await start();
    const { person } = await mobile(service.url);
    const looks = () => proxy.count(/select now, now \+/);
    expect(looks()).toBe(0);
    await service.query(`UPDATE refresh_tokens SET revoked = true, revoked_at = now(), revoked_reason = 'too_many'`);
    await mobile(service.url, person);
    expect(looks()).toBe(1);
    const events = await service.query(
      `SELECT details->>'afterForcedEnd' AS after FROM audit_events WHERE type = 'login.succeeded' ORDER BY id`,
    );
    expect(events).toEqual([{ after: 'false' }, { after: 'true' }]);
    expect(await service.query('SELECT FROM refresh_tokens WHERE NOT revoked')).toHaveLength(1);
  });
});
