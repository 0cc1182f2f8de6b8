// How is PostgreSQL reached, and how does one tell that it cannot be?
import { DrizzleQueryError } from 'drizzle-orm';
import { drizzle, NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Config } from '../config/config.js';
import { tlsTrouble } from './tls-trouble.js';
import type { Log } from '../telemetry/log.js';
import { pinSession } from './session-settings.js';

/** The connection pool as drizzle sees it; injectable by type. */
export abstract class Database extends NodePgDatabase {}

/** Something that runs statements: the pool, or a transaction under way. */
export type Queries = Pick<Database, 'execute' | 'select' | 'insert' | 'update' | 'delete'>;

/** A transaction under way, and what is to follow once it is committed: what was rolled back did not happen. */
export interface Transaction extends Queries {
  /** Begun in the order they were given, and waited for: the caller learns of one that fails, though all is committed. */
  afterCommit(act: () => void | Promise<void>): void;
}

/** The server's own limit does not help when the server has gone silent. */
const QUERY_TIMEOUT_MS = 6_000;

export class Pool extends pg.Pool {
  /** @param keepsPlans false where another client may have a connection next: a pooler in transaction mode */
  constructor(
    options: pg.PoolConfig,
    readonly keepsPlans: boolean,
  ) {
    super(options);
    // pg-pool waits for the promise, and nobody gets the connection before; its type does not say so.
    // oxlint-disable-next-line typescript/no-misused-promises
    this.options.onConnect = keepsPlans ? pinSession : undefined;
  }
}

export function openPool(url: string, config: Config, log: Log): Pool {
  const options = {
    connectionString: url,
    max: config.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'watchword',
    keepAlive: true,
  };
  const pool = new Pool(options, config.DATABASE_PREPARED_STATEMENTS === 'on');
  // Without a listener, a stopped server would kill the process.
  pool.on('error', (error) => log.warn({ event: 'database.connection_lost', reason: error.message }));
  // The pool takes its own listener off while a connection is in use; the statement under way reports the loss.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export const toDatabase = (pool: Pool): Database => drizzle({ client: pool });

/** drizzle keeps it, but its type does not say so. */
export const poolOf = (database: Database): Pool => (database as unknown as { $client: Pool }).$client;

/**
 * Runs statements that hold together or not at all. drizzle's own `transaction` never gives a connection back whose
 * `begin` failed, which empties the pool for good when the database goes away.
 */
export async function inTransaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await poolOf(database).connect();
  const acts: (() => void | Promise<void>)[] = [];
  let committed: { result: T };
  try {
    await client.query('begin');
    const result = await work(
      Object.assign(drizzle({ client }), { afterCommit: (act: (typeof acts)[number]) => acts.push(act) }),
    );
    await client.query('commit');
    client.release();
    committed = { result };
  } catch (error) {
    // Ended, not returned: whether the server still listens to it is not known.
    if (isDatabaseUnavailable(error)) client.release(true);
    else await rollBack(client);
    throw error;
  }
  await Promise.all(acts.map(async (act) => act()));
  return committed.result;
}

async function rollBack(client: pg.PoolClient): Promise<void> {
  await client.query('rollback').then(
    () => client.release(),
    () => client.release(true),
  );
}

/** drizzle puts the statement and its parameters into its message; what the database said is the cause. */
export function withoutStatement(error: unknown): unknown {
  return error instanceof DrizzleQueryError && error.cause instanceof Error ? error.cause : error;
}

/** What the operator should read: of a failed connection, the address that did not answer. */
export function sentenceOf(thrown: unknown): string {
  const error = withoutStatement(thrown);
  if (error instanceof AggregateError) return error.errors.map(sentenceOf).join('; ');
  const sentence = error instanceof Error ? error.message : String(error);
  const tls = tlsTrouble(error);
  if (tls !== undefined) return tls;
  return isDatabaseUnavailable(error) ? `The database of DATABASE_URL cannot be used: ${sentence}` : sentence;
}

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Cancelled by a time-out, read-only after a fail-over, closed to connections, idle too long, a lost race of locks. */
const withoutVerdict = new Set(['57014', '25006', '55000', '25P03', '40001', '40P01']);

/** What pg itself reports has no code. */
const clientTrouble =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered/;

/**
 * True when the database gave no verdict: it is unreachable, shutting down, starting, out of connections, read-only
 * after a fail-over, or too slow. Such an error says nothing about the request (PostgreSQL, Appendix A).
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code, syscall } = cause as { code?: unknown; syscall?: unknown };
    if (syscall === 'connect') return true; // whatever the reason: ENOENT where the server has taken its socket away
    if (typeof code === 'string') {
      if (network.has(code) || /^(08|53|57P|58)/.test(code) || withoutVerdict.has(code)) return true;
    }
    if (clientTrouble.test(cause.message)) return true;
  }
  return false;
}
