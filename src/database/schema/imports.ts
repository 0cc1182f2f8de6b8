// The tables of those who move in: how far each file of users was read, and the sessions that people had elsewhere.
import { index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, createdAt } from './columns.js';
import { users } from './users-and-sessions.js';

/** A file of users. Each batch moves `line` in its own transaction, so that another run of the same file goes on there. */
export const imports = pgTable('imports', {
  /** SHA-256 of the file. */
  sha256: bytea('sha256').primaryKey(),
  /** The last line that was read. */
  line: integer('line').notNull().default(0),
  imported: integer('imported').notNull().default(0),
  refused: integer('refused').notNull().default(0),
  createdAt: createdAt(),
});

export const importRefusals = pgTable(
  'import_refusals',
  {
    sha256: bytea('sha256')
      .notNull()
      .references(() => imports.sha256, { onDelete: 'cascade' }),
    line: integer('line').notNull(),
    code: text('code').notNull(),
  },
  (table) => [primaryKey({ columns: [table.sha256, table.line] })],
);

/** A session that somebody had in the system that they come from. It is exchanged for one of ours, once. */
export const foreignSessions = pgTable(
  'foreign_sessions',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** SHA-256 of the other system's token. */
    tokenHash: bytea('token_hash').notNull(),
    /** When the person signed in there; null where nobody knows. */
    authenticatedAt: at('authenticated_at'),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.tokenHash] }),
    unique('foreign_sessions_token_hash').on(table.tokenHash),
    index('foreign_sessions_expires_at').on(table.expiresAt),
  ],
);
