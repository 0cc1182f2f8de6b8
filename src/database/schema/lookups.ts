// The ways from what exists once in the whole installation to its user. On a sharded database no other table could keep it
// unique: theirs are distributed by the user.
import { sql } from 'drizzle-orm';
import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at, bytea } from './columns.js';
import { lookupKinds } from './vocabularies.js';

/**
 * Whose an address is. The row is written and deleted in the transaction that does so with `users.email`. It opens nothing:
 * whoever follows it looks at the address on the row of the user again.
 */
export const userEmails = pgTable('user_emails', {
  /** Canonical, as in `users`. */
  email: text('email').primaryKey(),
  /** No foreign key: the user is on another shard. */
  userId: uuid('user_id').notNull(),
});

/** The same for identities at providers and for sessions of other systems. */
export const userLookups = pgTable(
  'user_lookups',
  {
    /** SHA-256 of what is looked up (users/user-lookups.ts). */
    hash: bytea('hash').notNull(),
    kind: text('kind', { enum: lookupKinds }).notNull(),
    userId: uuid('user_id').notNull(),
    /** Null for what lives as long as the user. */
    expiresAt: at('expires_at'),
  },
  (table) => [
    primaryKey({ columns: [table.hash, table.kind] }),
    index('user_lookups_user_id').on(table.userId),
    index('user_lookups_expires_at')
      .on(table.expiresAt)
      .where(sql`expires_at is not null`),
  ],
);
