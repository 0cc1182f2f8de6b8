// The table of acts that take turns.
import { pgTable, text } from 'drizzle-orm/pg-core';

/** A row for each kind of act: whoever locks it has their turn, whichever entry node of a cluster they came by. */
export const turns = pgTable('turns', {
  kind: text('kind', { enum: ['administrators', 'imports'] }).primaryKey(),
});
