// Notes which migrations a database has seen, by the hash of their text: a time may be another
// application's.
import type { MigrationMeta } from 'drizzle-orm/migrator';
import type pg from 'pg';

interface Table {
  readonly schema: string;
  readonly name: string;
}

/**
 * A schema of our own. Not the service's name: a schema that is named as a role comes first in that
 * role's search_path.
 */
export const JOURNAL: Table = { schema: 'watchword_migrations', name: 'applied' };
/**
 * Where earlier releases kept it. Every application that uses drizzle does so, and several may
 * share it.
 */
const DRIZZLES: Table = { schema: 'drizzle', name: '__drizzle_migrations' };

type Connection = pg.Pool | pg.Client;

/** @returns false also where the role may not read it */
export async function hasTable(connection: Connection, { schema, name }: Table): Promise<boolean> {
  const { rows } = await connection.query<{ readable: boolean }>(
    `SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  return rows[0]?.readable === true;
}

/** Copies what an earlier release has noted. */
export async function makeJournal(client: pg.Client, migrations: readonly MigrationMeta[]): Promise<void> {
  await client.query(`
    CREATE SCHEMA watchword_migrations;
    CREATE TABLE watchword_migrations.applied (hash text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
  if (!(await hasTable(client, DRIZZLES))) return;
  await client.query(
    `INSERT INTO watchword_migrations.applied (hash)
     SELECT DISTINCT hash FROM drizzle.__drizzle_migrations WHERE hash = ANY ($1)`,
    [migrations.map(({ hash }) => hash)],
  );
}

export async function knownHashes(connection: Connection): Promise<ReadonlySet<string>> {
  const { rows } = await connection.query<{ hash: string }>('SELECT hash FROM watchword_migrations.applied');
  return new Set(rows.map(({ hash }) => hash));
}

export async function note(client: pg.Client, { hash }: MigrationMeta): Promise<void> {
  await client.query('INSERT INTO watchword_migrations.applied (hash) VALUES ($1)', [hash]);
}
