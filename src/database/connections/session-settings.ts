// Pins what a server, a database or a role may set otherwise, so that each connection reads and
// writes as we expect.
import pg from 'pg';
import { refuseAnswer } from './standby.js';

/**
 * Each of these changes what a statement means, what its answer looks like, or how long it may
 * take.
 */
const pinned = {
  search_path: 'public, pg_temp',
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  transform_null_equals: 'off',
  lock_timeout: '0',
} as const;

const serving = { ...pinned, statement_timeout: '5s', idle_in_transaction_session_timeout: '10s' };
const migrating = { ...pinned, statement_timeout: '0', idle_in_transaction_session_timeout: '0' };

const pin = (settings: Readonly<Record<string, string>>, isLocal: boolean) =>
  `SELECT ${Object.entries(settings)
    .map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', ${isLocal})`)
    .join()}`;

/**
 * For a connection that is ours alone: a direct one, or one through a pooler in session mode. Not
 * as parameters of the connection's start, of which PgBouncer refuses all that it does not track.
 * @throws Standby
 */
export async function pinSession(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ is_standby: boolean }>(
    `${pin(serving, false)}, pg_catalog.pg_is_in_recovery() AS is_standby`,
  );
  refuseAnswer(rows, client);
}

/** Until the end of the transaction, so that it also holds through a pooler in transaction mode. */
export async function pinMigration(client: pg.ClientBase): Promise<void> {
  await client.query(pin(migrating, true));
}

/**
 * What is pinned on a connection that is not ours alone would be lost, and found by another client.
 * A pooler in transaction mode betrays itself by serving two of our connections with one of its
 * own.
 */
export async function assertOwnConnections(pool: pg.Pool): Promise<void> {
  const one = await pool.connect();
  let isShared: boolean;
  try {
    const other = await pool.connect();
    try {
      isShared = (await serverOf(one)) === (await serverOf(other));
    } finally {
      other.release();
    }
  } finally {
    one.release();
  }
  if (isShared)
    throw new Error('DATABASE_URL leads to a pooler in transaction mode: set DATABASE_PREPARED_STATEMENTS=off.');
}

async function serverOf(client: pg.ClientBase): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}

interface Found {
  readonly role: string;
  readonly database: string;
  readonly first_schema: string | null;
  readonly datestyle: string;
  readonly isolation: string;
  readonly statement_timeout: string;
  readonly idle_timeout: string;
}

/**
 * Behind a pooler in transaction mode a connection is anyone's after each statement: what is set on
 * it would be lost, and found by another client. There the settings of the role have to be right.
 * @returns a sentence about time-outs that are not set, or nothing: without them everything works
 * @throws a sentence that says which statement makes the settings right that have to be
 */
export async function assertPinnedByRole(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<Found>(`
    SELECT current_user AS role, current_database() AS database, (current_schemas(false))[1] AS first_schema,
           current_setting('datestyle') AS datestyle, current_setting('default_transaction_isolation') AS isolation,
           current_setting('statement_timeout') AS statement_timeout,
           current_setting('idle_in_transaction_session_timeout') AS idle_timeout`);
  const [found] = rows;
  if (!found) return '';
  const { escapeIdentifier: name } = pg;
  const place = `ALTER ROLE ${name(found.role)} IN DATABASE ${name(found.database)}`;
  const toRun = (settings: readonly string[]) =>
    `Run this, then RECONNECT in the pooler: ${settings.map((setting) => `${place} ${setting};`).join(' ')}`;
  const wrong = [
    found.first_schema === 'public' ? '' : `SET search_path = ${pinned.search_path}`,
    found.datestyle.startsWith('ISO') ? '' : `SET datestyle = ${pinned.datestyle}`,
    found.isolation === 'read committed' ? '' : `SET default_transaction_isolation = 'read committed'`,
  ].filter((setting) => setting !== '');
  if (wrong.length > 0)
    throw new Error(
      `Behind a pooler in transaction mode (DATABASE_PREPARED_STATEMENTS=off) the settings of the role apply, and ` +
        `${wrong.length} of them must change. ${toRun(wrong)}`,
    );
  const unset = [
    found.statement_timeout === '0' ? `SET statement_timeout = '${serving.statement_timeout}'` : '',
    found.idle_timeout === '0'
      ? `SET idle_in_transaction_session_timeout = '${serving.idle_in_transaction_session_timeout}'`
      : '',
  ].filter((setting) => setting !== '');
  return unset.length === 0 ? '' : `A statement that hangs keeps its locks: the role has no time-outs. ${toRun(unset)}`;
}

export async function isUtf8(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ encoding: string }>(`SELECT current_setting('server_encoding') AS encoding`);
  return rows[0]?.encoding === 'UTF8';
}
