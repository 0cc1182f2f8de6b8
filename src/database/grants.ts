// What may the service's role do, and what not? It works with rows; it never owns, creates or drops anything, and the
// audit trail only grows under it (ASVS 13.2.2, 16.4.2).
import type pg from 'pg';

/** Whose name a URL connects with. */
export const roleOf = (url: string): string => decodeURIComponent(new URL(url).username);

/** Partitions need no grant of their own: rows reach them through their table. */
const grantAll = `
  DO $$
  DECLARE
    service text := current_setting('watchword.service_role');
    name text;
  BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public, drizzle TO %I', service);
    EXECUTE format('GRANT SELECT ON drizzle.__drizzle_migrations TO %I', service);
    EXECUTE format('GRANT EXECUTE ON FUNCTION audit_rotate(integer) TO %I', service);
    FOR name IN
      SELECT relname FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    LOOP
      EXECUTE format('GRANT SELECT, INSERT ON public.%I TO %I', name, service);
      CONTINUE WHEN name = 'audit_events';
      EXECUTE format('GRANT UPDATE, DELETE ON public.%I TO %I', name, service);
    END LOOP;
  END $$`;

/** @param client connected as the owner; with the service's own role there is nothing to grant. */
export async function grantToService(client: pg.Client, service: string): Promise<void> {
  const { rows } = await client.query<{ is_owner: boolean; exists: boolean }>(
    'SELECT current_user = $1 AS is_owner, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists',
    [service],
  );
  if (rows[0]?.is_owner || service === '') return;
  if (!rows[0]?.exists) throw new Error(`The role ${service} of DATABASE_URL does not exist: create it first.`);
  await client.query(`SELECT set_config('watchword.service_role', $1, false)`, [service]);
  await client.query(grantAll);
}

/** @returns true where the role could rewrite the audit trail or the schema: it owns what it should only use. */
export async function isTooPowerful(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ too_powerful: boolean }>(
    `SELECT has_table_privilege('audit_events', 'UPDATE, DELETE, TRUNCATE') OR has_schema_privilege('public', 'CREATE')
         AS too_powerful`,
  );
  return rows[0]?.too_powerful ?? true;
}
