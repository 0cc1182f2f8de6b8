// The tables of second factors: what a user has besides the first one, and the tickets of sign-ins that wait for it.
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, createdAt } from './columns.js';
import { users } from './users-and-sessions.js';
import { ticketPurposes, transports } from './vocabularies.js';

const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });

/** An authenticator app. It counts once it is confirmed; until then its row lives for ten minutes. */
export const totpAuthenticators = pgTable(
  'totp_authenticators',
  {
    userId: userId(),
    id: uuid('id').notNull(),
    /** The seed, sealed with the user and the id as associated data: it opens in no other row. */
    secretSealed: bytea('secret_sealed').notNull(),
    name: text('name'),
    /** The step of the last code that counted (RFC 6238 §5.2): no code of it or before counts again. */
    lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
    confirmedAt: at('confirmed_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    index('totp_authenticators_unconfirmed')
      .on(table.createdAt)
      .where(sql`confirmed_at is null`),
  ],
);

export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: userId(),
    /** SHA-256 over user and code: 120 random bits need nothing slower. */
    hash: bytea('hash').notNull(),
    usedAt: at('used_at'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
);

/** Between the factors: the first one is proven, and there is no session yet. */
export const factorTickets = pgTable(
  'factor_tickets',
  {
    userId: userId(),
    /** SHA-256 of the ticket without its checksum. */
    hash: bytea('hash').notNull(),
    purpose: text('purpose', { enum: ticketPurposes }).notNull(),
    /** The user's counters as they were at the first factor: whoever changed since must prove it again. */
    sessionEpoch: integer('session_epoch').notNull(),
    tokenVersion: integer('token_version').notNull(),
    credentialVersion: integer('credential_version').notNull(),
    transport: text('transport', { enum: transports }).notNull(),
    persistent: boolean('persistent').notNull(),
    /** Of the first factor (RFC 8176). */
    methods: text('methods').array().notNull(),
    /** The browser's old session, which the new one replaces; it may be another user's. */
    replacesUserId: uuid('replaces_user_id'),
    replacesSessionId: uuid('replaces_session_id'),
    /** `reauthenticate`: the session that goes on. */
    sessionId: uuid('session_id'),
    /** The sign-in at a provider that was the first factor (upstream_sign_ins). */
    upstreamSignInId: uuid('upstream_sign_in_id'),
    attempts: integer('attempts').notNull().default(0),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.hash] }),
    index('factor_tickets_expires_at').on(table.expiresAt),
  ],
);
