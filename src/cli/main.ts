// What can an operator do from the command line?
import { Config } from '../config/config.js';
import { Log } from '../config/log.js';
import { openPool } from '../database/database.js';
import { applyMigrations, countPendingMigrations } from '../database/migrate.js';

const usage = 'usage: npm run cli -- migrate';

async function run(command: string | undefined): Promise<string> {
  if (command !== 'migrate') throw new Error(usage);
  const config = Config.fromEnv();
  if (!config.DATABASE_URL) throw new Error('DATABASE_URL is not set; the embedded PostgreSQL migrates by itself.');
  const pool = openPool(config.DATABASE_URL, config, Log.to(config));
  try {
    const pending = await countPendingMigrations(pool);
    await applyMigrations(config.DATABASE_URL);
    return pending === 0 ? 'The database is up to date.' : `Applied ${pending} migration(s).`;
  } finally {
    await pool.end();
  }
}

run(process.argv[2]).then(
  (done) => process.stdout.write(`${done}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
