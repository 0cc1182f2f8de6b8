// Which statements does PostgreSQL keep a plan of, and what when the plan no longer fits?
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { DatabasePool } from '../src/database/database-pool.js';
import { PreparingClient } from '../src/database/preparing-client.js';
import { mobile, refresh } from './support/client.js';
import { startServiceForTest } from './support/service.js';

const kept = `SELECT statement, generic_plans + custom_plans AS runs FROM pg_prepared_statements`;

async function connect(): Promise<PreparingClient> {
  const client = new PreparingClient({ connectionString: inject('postgresUrl') });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const run = async (client: PreparingClient, text: string, times: number) => {
  for (let i = 0; i < times; i++) await client.query({ text, values: [] });
};

describe('a connection', () => {
  it('prepares what is said again and again, and nothing that is said a few times', async () => {
    const client = await connect();
    await run(client, 'SELECT 1 AS often', 5);
    await run(client, 'SELECT 2 AS seldom', 3);
    const { rows } = await client.query<{ statement: string }>(kept);
    expect(rows.map(({ statement }) => statement)).toEqual(['SELECT 1 AS often']);
  });

  it('keeps a bounded number of plans', async () => {
    const client = await connect();
    for (let i = 0; i < 120; i++) await run(client, `SELECT ${i} AS one_of_many`, 4);
    const { rows } = await client.query(kept);
    expect(rows).toHaveLength(100);
  });

  it('whose plan a migration has outdated says so once, and works without plans from then on', async () => {
    const client = await connect();
    await client.query('CREATE TEMPORARY TABLE changing (a integer); INSERT INTO changing VALUES (1)');
    await run(client, 'SELECT * FROM changing', 5);
    await client.query('ALTER TABLE changing ADD COLUMN b integer');
    await expect(run(client, 'SELECT * FROM changing', 1)).rejects.toThrow(/cached plan must not change result type/);
    const { rows } = await client.query({ text: 'SELECT * FROM changing', values: [] });
    expect(rows).toEqual([{ a: 1, b: null }]);
  });
});

describe('the service', () => {
  const settings = { RATE_LIMITS: 'off', DATABASE_POOL_SIZE: '2' };
  const refreshes = async (more: Record<string, string>) => {
    const service = await startServiceForTest({ ...settings, ...more });
    let { refreshToken } = await mobile(service.url);
    for (let i = 0; i < 6; i++)
      refreshToken = (await refresh(service.url, refreshToken)).json['refreshToken'] as string;
    const { pool } = service.app.get(DatabasePool);
    const clients = await Promise.all([pool.connect(), pool.connect()]);
    const counts = clients.map(async (client) => {
      const { rows } = await client.query<{ statement: string }>(kept);
      client.release();
      return rows.filter(({ statement }) => /refresh_tokens/.test(statement)).length;
    });
    return Math.max(...(await Promise.all(counts)));
  };

  it('has a refresh planned once for a connection', async () => {
    expect(await refreshes({})).toBe(1);
  });

  it('hears of a plan that a migration has outdated as a 503 that keeps the session, and goes on', async () => {
    const service = await startServiceForTest(settings);
    let { refreshToken } = await mobile(service.url);
    for (let i = 0; i < 6; i++)
      refreshToken = (await refresh(service.url, refreshToken)).json['refreshToken'] as string;
    await service.query('ALTER TABLE users ALTER COLUMN email TYPE varchar(400)');
    const answers = [await refresh(service.url, refreshToken)];
    while (answers.at(-1)?.status !== 200) answers.push(await refresh(service.url, refreshToken));
    const [first, ...others] = answers.slice(0, -1);
    expect(first?.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    expect(others.filter(({ status }) => status !== 503)).toEqual([]);
  });

  it('prepares nothing where a pooler does not know how (DATABASE_PREPARED_STATEMENTS=off)', async () => {
    expect(await refreshes({ DATABASE_PREPARED_STATEMENTS: 'off' })).toBe(0);
  });
});
