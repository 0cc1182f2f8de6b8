// Runs statements that hold together or not at all, in as few round trips as they need: each wakes
// the server's process and this one, which costs more than most statements do.
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { type Database, poolOf, type Transaction } from './database.js';
import { isPlanRefused } from './prepared.js';
import { isDatabaseUnavailable } from './connections/unavailable.js';

/**
 * drizzle's own `transaction` never gives a connection back whose `begin` failed, which empties the
 * pool for good when the database goes away.
 */
export function inTransaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return transact(database, async (client, tx) => {
    await client.query('begin');
    const result = await work(tx);
    await client.query('commit');
    return result;
  });
}

/**
 * A transaction of one round trip less.
 * @param read one statement, which leaves together with BEGIN. It may lock, and writes nothing: where
 * BEGIN fails it runs alone.
 * @param write goes on with what was read
 */
export function readThenWrite<Seen, T>(
  database: Database,
  read: (tx: Transaction) => Promise<Seen>,
  write: (tx: Transaction, seen: Seen) => Promise<T>,
): Promise<T> {
  return transact(database, async (client, tx) => {
    const [, seen] = await together(client, () => [client.query('begin'), read(tx)] as const);
    const result = await write(tx, seen);
    await client.query('commit');
    return result;
  });
}

/**
 * A transaction of one round trip: BEGIN, the statements and COMMIT leave together.
 * @param send sends them all before it waits. Where BEGIN alone fails, as when it is cancelled, each of
 * them stands alone, and the caller gets the error: they must do no harm then.
 */
export function inOneRoundTrip<T>(database: Database, send: (tx: Transaction) => Promise<T>): Promise<T> {
  return transact(database, async (client, tx) => {
    const whole = () => [client.query('begin'), send(tx), client.query('commit')] as const;
    const [, result] = await together(client, whole);
    return result;
  });
}

/** Begins, and commits. */
type Work<T> = (client: pg.PoolClient, tx: Transaction) => Promise<T>;

async function transact<T>(database: Database, work: Work<T>, hasNames = true): Promise<T> {
  const pool = poolOf(database);
  const client = await pool.connect();
  const acts: (() => void | Promise<void>)[] = [];
  const keepsPlans = hasNames && pool.keepsPlans;
  const tx: Transaction = Object.assign(drizzle({ client }), {
    afterCommit: (act: (typeof acts)[number]) => void acts.push(act),
    keepsPlans,
  });
  let committed: { result: T };
  try {
    committed = { result: await work(client, tx) };
    client.release();
  } catch (error) {
    const isRefused = isPlanRefused(error, pool);
    // Ended, not returned: its plan stays refused, or whether the server still listens to it is not known.
    if (isRefused || isDatabaseUnavailable(error)) client.release(true);
    else await rollBack(client);
    if (isRefused && keepsPlans) return transact(database, work, false);
    throw error;
  }
  await Promise.all(acts.map(async (act) => act()));
  return committed.result;
}

/**
 * One packet there, and one back.
 * @throws the first error in the order of the statements, once all are answered
 */
async function together<T extends readonly unknown[]>(client: pg.PoolClient, send: () => Promises<T>): Promise<T> {
  const { stream } = client.connection;
  stream.cork();
  let sent: Promises<T>;
  try {
    sent = send();
  } finally {
    stream.uncork();
  }
  await Promise.allSettled(sent);
  return Promise.all(sent) as Promise<unknown> as Promise<T>;
}

type Promises<T extends readonly unknown[]> = { readonly [K in keyof T]: Promise<T[K]> };

async function rollBack(client: pg.PoolClient): Promise<void> {
  await client.query('rollback').then(
    () => client.release(),
    () => client.release(true),
  );
}
