// Watchword behind a real PgBouncer with its default configuration.
import { sql } from 'drizzle-orm';
import { expect, describe, it, onTestFinished } from 'vitest';
import { Config } from '../src/config/config.js';
import { openPool, toDatabase } from '../src/database/database.js';
import { given, Prepared } from '../src/database/prepared.js';
import { Log } from '../src/telemetry/log.js';
import { mobile, refresh } from './support/client.js';
import { emptyDatabase, runAt } from './support/empty-database.js';
import { hasPgBouncer, type PoolMode } from './support/pgbouncer-process.js';
import { startPgBouncer } from './support/pgbouncer.js';
import { cloneDatabase, startService } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { smoke } from './support/smoke.js';

async function behind(mode: PoolMode, databaseUrl: string, settings: Record<string, string>) {
  const { DATABASE_URL, DATABASE_OWNER_URL } = databaseSettings(databaseUrl);
  const through = await startPgBouncer(mode, [DATABASE_URL, DATABASE_OWNER_URL]);
  const urls = { DATABASE_URL: through(DATABASE_URL), DATABASE_OWNER_URL: through(DATABASE_OWNER_URL) };
  const start = () => startService({ RATE_LIMITS: 'off', ...urls, ...settings }, { databaseUrl });
  return { start, through: through(DATABASE_URL) };
}

describe.skipIf(!hasPgBouncer)('behind PgBouncer', () => {
  it.each([
    ['session', 'on'],
    ['session', 'off'],
    ['transaction', 'off'],
  ] as const)('in %s mode with prepared statements %s it migrates and serves every act', async (mode, prepared) => {
    const { url } = await emptyDatabase();
    const { start } = await behind(mode, url, { DATABASE_PREPARED_STATEMENTS: prepared });
    const service = await start();
    onTestFinished(() => service.stop());
    await smoke(service);
    const phones = await Promise.all(Array.from({ length: 30 }, () => mobile(service.url)));
    const answers = await Promise.all(phones.map(({ refreshToken }) => refresh(service.url, refreshToken)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('in transaction mode it refuses to start with settings that would leak to other clients, and says what to set', async () => {
    const { url } = await emptyDatabase();
    const { start } = await behind('transaction', url, { DATABASE_PREPARED_STATEMENTS: 'on' });
    await expect(start()).rejects.toThrow(
      'DATABASE_URL leads to a pooler in transaction mode: set DATABASE_PREPARED_STATEMENTS=off.',
    );
  });

  it('in transaction mode that no start has noticed, statements lose their names and nothing fails', async () => {
    const databaseUrl = await cloneDatabase();
    const { DATABASE_URL } = databaseSettings(databaseUrl);
    const url = (await startPgBouncer('transaction', [DATABASE_URL]))(DATABASE_URL);
    const config = Config.fromEnv({ ...testSettings, DATABASE_URL: url });
    const pool = openPool(url, config, Log.to(config));
    onTestFinished(() => pool.end());
    const statement = new Prepared<{ n: number }>('a_number', sql`select ${given('n')}::int as n, pg_sleep(0.01)`);
    const all = Array.from({ length: 60 }, (_, n) => n);
    const answers = await Promise.all(all.map((n) => statement.run(toDatabase(pool), { n })));
    expect(answers.map(([row]) => row?.n)).toEqual(all);
    for (const n of all) await statement.run(toDatabase(pool), { n });
    expect(pool.keepsPlans).toBe(false);
  });

  it('in transaction mode it leaves no setting on a connection for the next client', async () => {
    const { url } = await emptyDatabase();
    const { start, through } = await behind('transaction', url, { DATABASE_PREPARED_STATEMENTS: 'off' });
    const service = await start();
    onTestFinished(() => service.stop());
    await mobile(service.url);
    const found = await runAt(through, `SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name`);
    expect(found.filter(({ name }) => name !== 'application_name')).toEqual([]);
  });

  it('in transaction mode it refuses to start with wrong settings of the role, and says what to run', async () => {
    const { url, name } = await emptyDatabase();
    await runAt(url, `ALTER DATABASE ${name} SET datestyle = 'SQL, DMY'`);
    await runAt(url, `ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    const { start } = await behind('transaction', url, { DATABASE_PREPARED_STATEMENTS: 'off' });
    const sentence = await start().then(
      () => '',
      (error: Error) => error.message,
    );
    expect(sentence).toContain('2 of them must change');
    for (const statement of sentence.match(/ALTER ROLE [^;]+;/g) ?? []) await runAt(url, statement);
    const { start: startAgain } = await behind('transaction', url, { DATABASE_PREPARED_STATEMENTS: 'off' });
    const service = await startAgain();
    onTestFinished(() => service.stop());
    await smoke(service);
  });

  it('in transaction mode it warns of a role without time-outs, and what it says to run ends a statement that hangs', async () => {
    const { url } = await emptyDatabase();
    const warningsAt = async () => {
      const { start, through } = await behind('transaction', url, { DATABASE_PREPARED_STATEMENTS: 'off' });
      const service = await start();
      onTestFinished(() => service.stop());
      const warnings = service.log.filter(({ event }) => event === 'database.no_time_outs');
      return { warnings: warnings.map(({ msg }) => String(msg)), through };
    };
    const { warnings } = await warningsAt();
    expect(warnings).toHaveLength(1);
    for (const statement of warnings[0]?.match(/ALTER ROLE [^;]+;/g) ?? []) await runAt(url, statement);
    const again = await warningsAt();
    expect(again.warnings).toEqual([]);
    expect(await runAt(again.through, 'SHOW statement_timeout')).toEqual([{ statement_timeout: '5s' }]);
    expect(await runAt(again.through, 'SHOW idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '10s' },
    ]);
  });
});
