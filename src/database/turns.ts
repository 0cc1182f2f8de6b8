// Lets acts of one kind happen one after the other.
import { eq } from 'drizzle-orm';
import type { Queries } from './database.js';
import { turns } from './schema/turns.js';

/** Waits for the turn, which lasts until the transaction ends. */
export async function takeTurn(tx: Queries, kind: (typeof turns.$inferSelect)['kind']): Promise<void> {
  const rows = await tx.select().from(turns).where(eq(turns.kind, kind)).for('update');
  if (rows.length !== 1) throw new Error(`turns has lost its row of ${kind}: restore it from a backup.`);
}
