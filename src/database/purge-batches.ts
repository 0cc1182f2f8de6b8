// Deletes rows that are over, batch by batch, on one instance at a time.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, inTransaction } from './database.js';

export const PURGE_BATCH = 1_000;

/**
 * @param lock names the kind of purge; while another instance holds it, nothing goes
 * @param statement deletes one batch of PURGE_BATCH rows at most
 * @param count is told how many rows went, after each batch
 */
export async function purgeBatches(
  database: Database,
  lock: number,
  statement: SQL,
  count: (gone: number) => void,
): Promise<void> {
  for (let gone = PURGE_BATCH; gone === PURGE_BATCH;) {
    gone = await inTransaction(database, async (tx) => {
      const held = await tx.execute<{ is_ours: boolean }>(sql`select pg_try_advisory_xact_lock(${lock}) as is_ours`);
      if (!held.rows[0]?.is_ours) return 0;
      return (await tx.execute(statement)).rowCount ?? 0;
    });
    count(gone);
  }
}
