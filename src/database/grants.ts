// Grants the service's role what it needs: it works with rows, it never owns, creates or drops
// anything, and it can only add to the audit trail (ASVS 13.2.2, 16.4.2).
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { eachPostgresHost } from '../config/postgres-hosts.js';
import { auditEvents } from './schema/audit.js';
import { tables } from './tables.js';

/** The role that a URL connects as. */
export const roleOf = (url: string): string => decodeURIComponent(new URL(eachPostgresHost(url)[0] ?? url).username);

/** Our own tables only: other tables of the database are not ours to grant. */
const ours = Object.values(tables).filter((each) => is(each, PgTable));
const changeable = ours.filter((table) => table !== auditEvents).map(nameOf);
/** The database alone sets the time of an event. */
const eventColumns = Object.values(getTableColumns(auditEvents))
  .map(({ name }) => name)
  .filter((name) => name !== 'at');

function nameOf(table: PgTable): string {
  return `public.${pg.escapeIdentifier(getTableName(table))}`;
}

/** Partitions need no grant of their own: rows reach them through their table. */
const grantsTo = (role: string) => `
  GRANT USAGE ON SCHEMA public, watchword_migrations TO ${role};
  GRANT SELECT ON watchword_migrations.applied TO ${role};
  GRANT EXECUTE ON FUNCTION public.audit_rotate(integer) TO ${role};
  GRANT SELECT, INSERT, UPDATE, DELETE ON ${changeable.join(', ')} TO ${role};
  REVOKE INSERT ON public.audit_events FROM ${role};
  GRANT SELECT, INSERT (${eventColumns.join(', ')}) ON public.audit_events TO ${role}`;

/** @param client connected as the owner; with the service's own role there is nothing to grant. */
export async function grantToService(client: pg.Client, service: string): Promise<void> {
  const { rows } = await client.query<{ is_owner: boolean; exists: boolean }>(
    'SELECT current_user = $1 AS is_owner, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists',
    [service],
  );
  if (rows[0]?.is_owner || service === '') return;
  if (!rows[0]?.exists) throw new Error(`The role ${service} of DATABASE_URL does not exist: create it first.`);
  await client.query(grantsTo(pg.escapeIdentifier(service)));
}

/**
 * @returns true where the role could rewrite the audit trail or the schema: it owns what it should
 * only use.
 */
export async function isTooPowerful(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ too_powerful: boolean }>(
    `SELECT has_table_privilege('public.audit_events', 'UPDATE, DELETE, TRUNCATE') OR has_schema_privilege('public', 'CREATE')
         AS too_powerful`,
  );
  return rows[0]?.too_powerful ?? true;
}
