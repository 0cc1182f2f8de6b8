// Connects to PostgreSQL: the pool, transactions, and the sentence for a database that cannot be
// used.
import { drizzle, NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Config } from '../config/config.js';
import { Hosts } from './connections/hosts.js';
import { Pool } from './connections/pool.js';
import { tlsTrouble } from './connections/tls-trouble.js';
import type { Log } from '../telemetry/log.js';
import { reasonOf, withoutStatement } from '../runtime/reason.js';
import { isDatabaseUnavailable } from './connections/unavailable.js';

/** The connection pool as drizzle sees it; injectable by type. */
export abstract class Database extends NodePgDatabase {}

/** Something that runs statements: the pool, or a transaction under way. */
export type Queries = Pick<Database, 'execute' | 'select' | 'insert' | 'update' | 'delete'>;

/**
 * A transaction under way, and what is to follow once it is committed: what was rolled back did not
 * happen.
 */
export interface Transaction extends Queries {
  /**
   * Begun in the order they were given, and waited for: the caller learns of one that fails, though
   * all is committed.
   */
  afterCommit(act: () => void | Promise<void>): void;
  /** Whether statements may have names (prepared.ts). */
  readonly keepsPlans: boolean;
}

/** The server's own limit does not help when the server has gone silent. */
const QUERY_TIMEOUT_MS = 6_000;

const POOLER =
  'DATABASE_URL leads to a pooler in transaction mode: statements have no names from now on. Set ' +
  'DATABASE_PREPARED_STATEMENTS=off, which also checks the settings of the role (docs/operations/pgbouncer.md).';

export function openPool(url: string, config: Config, log: Log): Pool {
  const options = {
    max: Math.max(2, config.DATABASE_POOL_SIZE - 1), // one more watches (database-watch.ts)
    idleTimeoutMillis: 30_000,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'watchword',
    pipeline: true, // for transactions (transactions.ts); a connection has one holder at a time
    keepAlive: true,
  };
  const pool = new Pool(options, new Hosts(url), config.DATABASE_PREPARED_STATEMENTS === 'on');
  // Without a listener, a stopped server would kill the process.
  pool.on('error', (error) => log.warn({ event: 'database.connection_lost', reason: reasonOf(error) }));
  pool.onPooler = () => log.error({ event: 'database.pooler_found' }, POOLER);
  // The pool takes its own listener off while a connection is in use; the statement under way
  // reports the loss.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export const toDatabase = (pool: Pool): Database => drizzle({ client: pool });

/** drizzle keeps it, but its type does not say so. */
export const poolOf = (database: Database): Pool => (database as unknown as { $client: Pool }).$client;

/** The one connection of a transaction that is under way. */
export const clientOf = (tx: Transaction): pg.PoolClient => (tx as unknown as { $client: pg.PoolClient }).$client;

/** What the operator should read: of a failed connection, the address that did not answer. */
export function sentenceOf(thrown: unknown): string {
  const error = withoutStatement(thrown);
  if (error instanceof AggregateError) return error.errors.map(sentenceOf).join('; ');
  const tls = tlsTrouble(error);
  if (tls !== undefined) return tls;
  const sentence = reasonOf(error);
  return isDatabaseUnavailable(error) ? `The database of DATABASE_URL cannot be used: ${sentence}` : sentence;
}
