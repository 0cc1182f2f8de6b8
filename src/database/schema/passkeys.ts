// The tables of passkeys.
import { bigint, boolean, index, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, createdAt } from './columns.js';
import { users } from './users-and-sessions.js';

export const passkeys = pgTable(
  'passkeys',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    credentialId: bytea('credential_id').notNull(),
    /** How the routes name it. */
    id: uuid('id').notNull(),
    /** The domain that it belongs to: under another one no browser offers it. */
    rpId: text('rp_id').notNull(),
    /** COSE (RFC 9052). */
    publicKey: bytea('public_key').notNull(),
    /** What the authenticator has counted; 0 where it does not count. */
    signCount: bigint('sign_count', { mode: 'number' }).notNull(),
    /** Whether it may be copied to other devices: fixed for life (WebAuthn §6.1.3). */
    backupEligible: boolean('backup_eligible').notNull(),
    backedUp: boolean('backed_up').notNull(),
    transports: text('transports').array().notNull(),
    aaguid: uuid('aaguid').notNull(),
    name: text('name').notNull(),
    createdAt: createdAt(),
    lastUsedAt: at('last_used_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.credentialId] }),
    unique('passkeys_user_id_id').on(table.userId, table.id),
    index('passkeys_rp_id').on(table.rpId),
  ],
);

/** Challenges that were met: each counts once. One that nobody met leaves no row. */
export const spentChallenges = pgTable(
  'spent_challenges',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** SHA-256 of the challenge. */
    hash: bytea('hash').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.hash] }),
    index('spent_challenges_expires_at').on(table.expiresAt),
  ],
);
