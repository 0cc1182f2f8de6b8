// Prepared statements: which ones PostgreSQL keeps, and what happens when a plan becomes invalid.
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { Database } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { DatabasePool } from '../src/database/database-pool.js';
import { given, Prepared } from '../src/database/prepared.js';
import { me, mobile, refresh } from './support/client.js';
import { startServiceForTest } from './support/service.js';

const kept = `SELECT name FROM pg_prepared_statements`;

describe('a prepared statement', () => {
  it('has a name of its own', () => {
    const [one, same, other] = ['SELECT 1', 'SELECT 1', 'SELECT 2'].map((text) => new Prepared('x', sql.raw(text)));
    expect(one?.name).toBe(same?.name);
    expect(one?.name).not.toBe(other?.name);
  });

  it('runs again only if a migration has invalidated its plan', async () => {
    const service = await startServiceForTest({ DATABASE_POOL_SIZE: '2' });
    await service.query(
      `CREATE TABLE changing (a integer); INSERT INTO changing VALUES (1); GRANT ALL ON changing TO PUBLIC`,
    );
    const database = service.app.get(Database);
    const all = new Prepared('changing', sql`UPDATE changing SET a = a + ${given('by')}::int RETURNING *`);
    await all.run(database, { by: 1 });
    await service.query('ALTER TABLE changing ADD COLUMN b integer');
    expect(await all.run(database, { by: 1 })).toEqual([{ a: 3, b: null }]);
  });

  it('gives its connection back when it fails, and ends one that is lost', async () => {
    const service = await startServiceForTest({ DATABASE_POOL_SIZE: '2' });
    const database = service.app.get(Database);
    const { pool } = service.app.get(DatabasePool);
    const fails = new Prepared('fails', sql`SELECT 1 / ${given('by')}::int`);
    for (let i = 0; i < 3; i++) await expect(fails.run(database, { by: 0 })).rejects.toThrow('division by zero');
    const lost = new Prepared('lost', sql`SELECT pg_terminate_backend(pg_backend_pid())`);
    for (let i = 0; i < 3; i++) await expect(lost.run(database, {})).rejects.toThrow(/terminat/);
    expect(await inTransaction(database, () => Promise.resolve('works'))).toBe('works');
    expect(pool.idleCount).toBe(pool.totalCount);
    expect(await service.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });
});

describe('the service', () => {
  const settings = { RATE_LIMITS: 'off', DATABASE_POOL_SIZE: '2' };
  /** Names of the plans on both connections after sign-ins, refreshes and checks, without the hash of their text. */
  const plansAfterUse = async (more: Record<string, string>) => {
    const service = await startServiceForTest({ ...settings, ...more });
    for (let i = 0; i < 6; i++) {
      const { refreshToken, accessToken } = await mobile(service.url);
      await Promise.all([
        refresh(service.url, refreshToken),
        me(service.url, accessToken),
        me(service.url, accessToken),
      ]);
    }
    const { pool } = service.app.get(DatabasePool);
    const clients = await Promise.all([pool.connect(), pool.connect()]);
    const names = clients.map(async (client) => {
      const { rows } = await client.query<{ name: string }>(kept);
      client.release();
      return rows.map(({ name }) => name.replace(/_[0-9a-f]{12}$/, ''));
    });
    return Promise.all(names);
  };

  it('has a sign-in, a refresh and a check planned once for a connection', async () => {
    const plans = await plansAfterUse({});
    for (const names of plans) expect(names).toEqual([...new Set(names)]);
    expect([...new Set(plans.flat())]).toEqual(
      expect.arrayContaining([
        'user_for_sign_in',
        'start_session_at_once',
        'record_event',
        'rotation',
        'truth_of_token',
      ]),
    );
  });

  it('refreshes without an error after a migration has invalidated the plan', async () => {
    const service = await startServiceForTest(settings);
    let { refreshToken } = await mobile(service.url);
    for (let i = 0; i < 6; i++)
      refreshToken = (await refresh(service.url, refreshToken)).json['refreshToken'] as string;
    await service.query('ALTER TABLE refresh_tokens ALTER COLUMN transport TYPE varchar(40)');
    for (let i = 0; i < 6; i++) {
      const answer = await refresh(service.url, refreshToken);
      expect(answer.status).toBe(200);
      refreshToken = answer.json['refreshToken'] as string;
    }
  });

  it('prepares nothing with DATABASE_PREPARED_STATEMENTS=off, for poolers without prepared statements', async () => {
    expect(await plansAfterUse({ DATABASE_PREPARED_STATEMENTS: 'off' })).toEqual([[], []]);
  });
});
