// Refuses a PostgreSQL that replays another one's changes: what it says may be old, and a revoked
// token would be taken again.
import { sql } from 'drizzle-orm';
import type pg from 'pg';

/** As a column of a statement: of which server, only that one can say. */
export const isStandby = sql<boolean>`pg_is_in_recovery()`;

/** What PostgreSQL says where a standby is asked to write (read_only_sql_transaction). */
const READ_ONLY = '25006';

/** Counts as an unavailable database: it says nothing about the request. */
class Standby extends Error {
  readonly code = READ_ONLY;

  constructor(server = 'the server of DATABASE_URL') {
    super(`${server} is a standby, which takes no writes`);
  }
}

/** @throws Standby */
export function refuseStandby({ isStandby: isOne }: { readonly isStandby: boolean }): void {
  if (isOne) throw new Standby();
}

interface Answer {
  readonly is_standby: boolean;
}

/** @throws Standby; without a server behind it, what the connection throws */
export async function assertNoStandby(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Answer>('SELECT pg_catalog.pg_is_in_recovery() AS is_standby');
  refuseAnswer(rows, client);
}

/** @param rows of a statement with `pg_is_in_recovery() AS is_standby` */
export function refuseAnswer(rows: readonly Answer[], client: pg.ClientBase): void {
  if (rows[0]?.is_standby) throw new Standby(serverOf(client));
}

function serverOf(client: pg.ClientBase): string {
  const { host, port } = client as Partial<pg.Client>;
  return host ? `${host}:${port}` : 'the server';
}
