// Reads that decide something alone: their statement says itself whether a standby has answered.
import { sql } from 'drizzle-orm';
import type { QueryResultRow } from 'pg';
import { type Database, poolOf } from '../database.js';
import { inTransaction } from '../transactions.js';
import type { Prepared } from '../prepared.js';
import { isStandby, refuseStandby } from './standby.js';

interface FromServer extends QueryResultRow {
  readonly isStandby: boolean;
}

/** A column of each such statement. */
export const server = sql`${isStandby} as "isStandby"`;

/**
 * A connection of our own was asked when it was opened, and a primary becomes a standby only by a
 * restart, which ends it. Behind a pooler in transaction mode a statement may go anywhere: rows
 * that are not there then count only if the same transaction finds itself on a primary.
 * @param wanted how many rows there are if nothing is missing
 * @throws Standby
 */
export async function readOnPrimary<Row extends FromServer>(
  database: Database,
  read: Prepared<Row>,
  values: Readonly<Record<string, unknown>>,
  wanted = 1,
): Promise<Row[]> {
  const rows = await read.run(database, values);
  rows.forEach(refuseStandby);
  if (rows.length === wanted || poolOf(database).keepsPlans) return rows;
  return inTransaction(database, async (tx) => {
    const again = await read.runIn(tx, values);
    (await tx.execute<{ isStandby: boolean }>(sql`select ${server}`)).rows.forEach(refuseStandby);
    return again;
  });
}
