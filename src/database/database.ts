// How is PostgreSQL reached, and how does one tell that it cannot be?
import { drizzle, NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Config } from '../config/config.js';
import type { Log } from '../config/log.js';

/** The connection pool as drizzle sees it; injectable by type. */
export abstract class Database extends NodePgDatabase {}

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
/** Something that runs statements: the pool, or a transaction under way. */
export type Queries = Pick<Database, 'execute' | 'select' | 'insert' | 'update' | 'delete'>;

export function openPool(url: string, config: Config, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: config.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 5_000,
    idle_in_transaction_session_timeout: 10_000,
    application_name: 'watchword',
    keepAlive: true,
  });
  // Without a listener, a stopped server would kill the process.
  pool.on('error', (error) => log.warn({ event: 'database.connection_lost', reason: error.message }));
  return pool;
}

export const toDatabase = (pool: pg.Pool): Database => drizzle({ client: pool });

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Cancelled by a time-out, read-only after a fail-over, closed to connections. */
const withoutVerdict = new Set(['57014', '25006', '55000']);

/**
 * True when the database gave no verdict: it is unreachable, shutting down, starting, out of connections, read-only
 * after a fail-over, or too slow. Such an error says nothing about the request (PostgreSQL, Appendix A).
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string') {
      if (network.has(code) || /^(08|53|57P|58)/.test(code) || withoutVerdict.has(code)) return true;
    }
    if (/Connection terminated|timeout exceeded when trying to connect|Client has encountered/.test(cause.message)) {
      return true;
    }
  }
  return false;
}
