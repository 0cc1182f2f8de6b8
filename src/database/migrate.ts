// Is the schema up to date, and how does it get there?
import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { grantToService } from './grants.js';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Arbitrary but fixed: whoever holds this advisory lock migrates. */
const MIGRATION_LOCK = 7_737_001;

/**
 * Applies every pending migration and grants what the service needs, on a connection without time-outs; instances that
 * start at once take turns.
 * @param ownerUrl connects as the role that owns the schema
 * @param service the role of the service, which may be the same
 */
export async function applyMigrations(ownerUrl: string, service: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'watchword-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle({ client }), { migrationsFolder });
    await grantToService(client, service);
  } finally {
    // Ending the connection gives the lock back, even where the migration failed.
    await client.end();
  }
}

/** @returns how many of this release's migrations the database has not seen. */
export async function countPendingMigrations(pool: pg.Pool): Promise<number> {
  const known = await pool.query<{ exists: boolean }>(
    `SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS exists`,
  );
  const all = readMigrationFiles({ migrationsFolder });
  if (!known.rows[0]?.exists) return all.length;
  const last = await pool.query<{ at: string | null }>(
    'SELECT max(created_at) AS at FROM drizzle.__drizzle_migrations',
  );
  return all.filter((migration) => migration.folderMillis > Number(last.rows[0]?.at ?? 0)).length;
}
