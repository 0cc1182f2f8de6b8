// Brings the schema up to date, and says whether it is.
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type pg from 'pg';
import { grantToService } from './grants.js';
import { connectToPrimary, Hosts } from './connections/hosts.js';
import { hasTable, JOURNAL, knownHashes, makeJournal, note } from './migration-journal.js';
import { pinMigration } from './connections/session-settings.js';

/** As far from src/database/ as from dist/bundle/, where a build has this code: the file stays at this depth. */
const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Arbitrary but fixed: the holder of this advisory lock migrates. */
const MIGRATION_LOCK = 7_737_001;

/**
 * Applies every pending migration and grants what the service needs, in one transaction without
 * time-outs; instances that start at once take turns.
 * @param ownerUrl connects as the role that owns the schema
 * @param service the role of the service, which may be the same
 */
export async function applyMigrations(ownerUrl: string, service: string): Promise<void> {
  const client = await connectToPrimary(new Hosts(ownerUrl), { application_name: 'watchword-migrate' });
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await pinMigration(client);
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    if (!(await hasTable(client, JOURNAL))) await makeJournal(client, allMigrations());
    for (const migration of await pendingIn(client)) {
      for (const statement of migration.sql) await client.query(statement);
      await note(client, migration);
    }
    await grantToService(client, service);
    await client.query('COMMIT');
  } finally {
    // Ending the connection rolls back what was not committed, and gives the lock back.
    await client.end();
  }
}

/** @returns how many of this release's migrations the database has not seen. */
export async function countPendingMigrations(pool: pg.Pool): Promise<number> {
  if (!(await hasTable(pool, JOURNAL))) return allMigrations().length;
  return (await pendingIn(pool)).length;
}

const allMigrations = () => readMigrationFiles({ migrationsFolder });

async function pendingIn(client: pg.Pool | pg.Client) {
  const known = await knownHashes(client);
  return allMigrations().filter(({ hash }) => !known.has(hash));
}
