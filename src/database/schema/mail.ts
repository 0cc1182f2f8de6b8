// The tables of mail: what waits to be sent, and the one-time tokens that a mail's link carries.
import { sql } from 'drizzle-orm';
import { index, inet, integer, jsonb, pgTable, primaryKey, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, createdAt, setAt } from './columns.js';
import { users } from './users-and-sessions.js';
import { tokenPurposes } from './vocabularies.js';

/**
 * One row per user and purpose: a newer request supersedes the older one. Only freeze links, which go
 * to former addresses, live beside one another. A used row stays until it
 * expires, so that a mail that is sent again does not revive its link.
 */
export const oneTimeTokens = pgTable(
  'one_time_tokens',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: text('purpose', { enum: tokenPurposes }).notNull(),
    /** The row of mail_outbox that asked for it: a later one supersedes. */
    request: uuid('request').notNull(),
    /** SHA-256 of the token without its checksum. */
    hash: bytea('hash').notNull(),
    /** Where the mail went. */
    address: text('address').notNull(),
    /** The user's address must still be this one; null if it may have changed. */
    boundEmail: text('bound_email'),
    /** The user's session epoch must still be this one; null if it may have moved. */
    sessionEpoch: integer('session_epoch'),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    createdByIp: inet('created_by_ip'),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.purpose, table.request] }),
    uniqueIndex('one_time_tokens_superseded')
      .on(table.userId, table.purpose)
      .where(sql`purpose <> 'freeze'`),
    index('one_time_tokens_expires_at').on(table.expiresAt),
  ],
);

/** Mail on its way. It holds no link and no token: those are derived when it is sent. A row goes when it is sent. */
export const mailOutbox = pgTable(
  'mail_outbox',
  {
    /** A keyed hash of the address. */
    recipient: bytea('recipient').notNull(),
    id: uuid('id').notNull(),
    kind: text('kind').notNull(),
    /** Sealed with the id as associated data; null once the mail is dead. */
    addressSealed: bytea('address_sealed'),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    /** Of two rows for one recipient with the same text here, the second is not written. */
    dedupe: text('dedupe'),
    createdAt: createdAt(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: setAt('next_attempt_at'),
    sendBefore: at('send_before').notNull(),
    deadAt: at('dead_at'),
    reason: text('reason'),
  },
  (table) => [
    primaryKey({ columns: [table.recipient, table.id] }),
    unique('mail_outbox_recipient_dedupe').on(table.recipient, table.dedupe),
    index('mail_outbox_next_attempt_at')
      .on(table.nextAttemptAt)
      .where(sql`dead_at is null`),
    index('mail_outbox_dead_at')
      .on(table.deadAt)
      .where(sql`dead_at is not null`),
  ],
);
