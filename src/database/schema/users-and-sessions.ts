// The tables of users, sessions and revocations. Tables that grow with users have user_id first in their key.
// `protocol_now()` is a SQL function: the time of the protocol is the database's, so that instances agree.
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  inet,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { at, bytea, createdAt } from './columns.js';
import { transports } from './vocabularies.js';

export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    /** Canonical: lower case, see users/email.ts. Whether it is free is decided by user_emails. */
    email: text('email').notNull().unique(),
    passwordHash: text('password_hash'),
    /** One of ROLES when it was given; the services that read the claim say what it permits. */
    role: text('role').notNull().default('user'),
    emailVerifiedAt: at('email_verified_at'),
    disabledAt: at('disabled_at'),
    /** The claim `tokenVersion`: access tokens of another version are dead. */
    tokenVersion: integer('token_version').notNull().default(1),
    /** Copied into each session at login: sessions of another epoch cannot refresh. */
    sessionEpoch: integer('session_epoch').notNull().default(1),
    /** Moves with whatever changes how the user proves who they are; a sign-in under an older one begins no session. */
    credentialVersion: integer('credential_version').notNull().default(1),
    /** Registered, the address not yet verified: the account goes at this time. Null for a full account. */
    pendingUntil: at('pending_until'),
    /** An operator took every factor away: the next one needs a mailed token, too. */
    factorsResetAt: at('factors_reset_at'),
    /** Moves with every change that an administrator sees: the entity tag of /admin/users/:id. */
    revision: integer('revision').notNull().default(1),
    createdAt: createdAt(),
  },
  (table) => [
    index('users_pending_until')
      .on(table.pendingUntil)
      .where(sql`pending_until is not null`),
    // For the search of administrators, which is by prefix, in the order of bytes.
    index('users_email_order').on(sql`email collate "C"`),
    index('users_role_email').on(table.role, sql`email collate "C"`),
    index('users_disabled_email')
      .on(sql`email collate "C"`)
      .where(sql`disabled_at is not null`),
  ],
);

/**
 * One row per session (token family), updated in place. No index, partial predicate included, may hold a column that a
 * rotation changes: else the update is not HOT, and storage grows with refreshes.
 */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** SHA-256 of the selector, which is itself a secret. */
    family: varchar('family', { length: 64 }).notNull(),
    /** The public session id, the claim `sid`. */
    id: uuid('id').notNull(),
    token: varchar('token', { length: 64 }).notNull(),
    previousToken: varchar('previous_token', { length: 64 }),
    /** With it and the presented token, the successor can be derived again (tokens/refresh-token.ts). */
    ratchetSalt: bytea('ratchet_salt'),
    generation: integer('generation').notNull().default(0),
    sessionEpoch: integer('session_epoch').notNull(),
    rotatedAt: at('rotated_at')
      .notNull()
      .default(sql`protocol_now()`),
    replays: integer('replays').notNull().default(0),
    rotatedByIp: inet('rotated_by_ip'),
    rotatedUserAgent: text('rotated_user_agent'),
    persistent: boolean('persistent').notNull(),
    transport: text('transport', { enum: transports }).notNull(),
    authenticatedAt: at('authenticated_at').notNull(),
    methods: text('methods').array().notNull(),
    /** Idle limit; slides with each rotation. */
    expiresAt: at('expires_at').notNull(),
    absoluteExpiresAt: at('absolute_expires_at').notNull(),
    revoked: boolean('revoked').notNull().default(false),
    /** REFRESH_REUSE_MODE=observe: when a reuse was seen first. The session lives on. */
    reuseObservedAt: at('reuse_observed_at'),
    revokedAt: at('revoked_at'),
    revokedByIp: inet('revoked_by_ip'),
    revokedReason: text('revoked_reason', {
      enum: [
        'logout',
        'logout_all',
        'replaced',
        'reuse',
        'ended_by_user',
        'too_many',
        'disabled',
        'operator',
        'password_changed',
        'account_deleted',
        'password_reset',
        'frozen',
        'ended_by_service',
        'factor_changed',
        'role_changed',
        'identity_changed',
        'upstream_logout',
        'reasserted',
      ],
    }),
    createdAt: createdAt(),
    createdByIp: inet('created_by_ip'),
    userAgent: text('user_agent'),
    /** Of a bound session, when its last proof was made: seconds since 1970 (dpop/key-proofs.ts). Older ones are spent. */
    proofIat: bigint('proof_iat', { mode: 'number' }),
    /** The hashes of the proofs that were made in that second, one after the other, 8 bytes each. */
    proofJti: bytea('proof_jti'),
    /** The thumbprint of the key that the session is bound to (RFC 7638); null for one without a key. */
    jkt: text('jkt'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.family] }),
    unique('refresh_tokens_user_id_id').on(table.userId, table.id),
    index('refresh_tokens_absolute_expires_at').on(table.absoluteExpiresAt),
    index('refresh_tokens_revoked_at')
      .on(table.revokedAt)
      .where(sql`revoked`),
  ],
);

/** What is revoked before its time: one session (`s`) or one access token (`j`), until no token it covers is left. */
export const accessRevocations = pgTable(
  'access_revocations',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['j', 's'] }).notNull(),
    ref: uuid('ref').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.kind, table.ref] }),
    index('access_revocations_expires_at').on(table.expiresAt),
  ],
);

/**
 * Whose tokens ended all at once: a user's, or everybody's (`*`). Siblings read it from the feed. Written with every change
 * of `users` that ends tokens. No foreign key: it outlives a deleted user.
 */
export const revokedSubjects = pgTable(
  'revoked_subjects',
  {
    /** The claim `sub` as it stands in the tokens. */
    subject: text('subject').primaryKey(),
    /** The lowest `tokenVersion` that is still good; of `*` a time: tokens that were issued before it are dead. */
    goodFrom: bigint('good_from', { mode: 'number' }).notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [index('revoked_subjects_expires_at').on(table.expiresAt)],
);

/** Users of whom Redis may still hold an outdated entry; written by the transaction that outdated it. */
export const revocationOutbox = pgTable(
  'revocation_outbox',
  {
    userId: uuid('user_id').notNull(),
    id: uuid('id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    index('revocation_outbox_created_at').on(table.createdAt),
  ],
);
