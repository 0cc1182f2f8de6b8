// The tables of upstream sign-in: who a user is at a provider, requests that are under way, and the sign-ins behind
// sessions.
import { sql } from 'drizzle-orm';
import { boolean, foreignKey, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, createdAt, setAt } from './columns.js';
import { refreshTokens, users } from './users-and-sessions.js';
import { transports, upstreamPurposes } from './vocabularies.js';

const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });

/** A user's identity at a provider. The address plays no part in it: only issuer and subject do (OpenID Connect Core §2). */
export const upstreamIdentities = pgTable(
  'upstream_identities',
  {
    userId: userId(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    /** For addresses of routes: a subject is not shown. */
    id: uuid('id').notNull(),
    /** As the provider named it last: to show, never to find anybody by. */
    emailSeen: text('email_seen'),
    linkedAt: setAt('linked_at'),
    lastUsedAt: at('last_used_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.issuer, table.subject] }),
    unique('upstream_identities_issuer_subject').on(table.issuer, table.subject),
    unique('upstream_identities_user_id_id').on(table.userId, table.id),
  ],
);

/**
 * A browser is at the provider. Its callback deletes the row: a state is good once. Nonce and code verifier are derived from
 * the state, which is not stored.
 */
export const upstreamRequests = pgTable(
  'upstream_requests',
  {
    /** SHA-256 of the state. */
    hash: bytea('hash').primaryKey(),
    provider: text('provider').notNull(),
    purpose: text('purpose', { enum: upstreamPurposes }).notNull(),
    transport: text('transport', { enum: transports }).notNull(),
    persistent: boolean('persistent').notNull(),
    returnTo: text('return_to'),
    /** `bearer`: the app's own challenge (RFC 7636, S256), met when it exchanges the code that the callback gives it. */
    appChallenge: text('app_challenge'),
    /** `bearer`: the app's own state, which it gets back. */
    appState: text('app_state'),
    /** `link`: the session whose user gets the identity. No foreign key: the row is where its hash puts it. */
    userId: uuid('user_id'),
    sessionId: uuid('session_id'),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [index('upstream_requests_expires_at').on(table.expiresAt)],
);

/** A sign-in at a provider, and the session that began with it: until a code is exchanged or a second factor is there, none. */
export const upstreamSignIns = pgTable(
  'upstream_sign_ins',
  {
    userId: userId(),
    id: uuid('id').notNull(),
    /** Null while the sign-in waits; such a row goes after some minutes. */
    sessionId: uuid('session_id'),
    provider: text('provider').notNull(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    emailSeen: text('email_seen'),
    /** `mfa` where the provider is trusted to have asked for two factors. */
    methods: text('methods').array().notNull(),
    /** The provider's `auth_time` (OpenID Connect Core §2): how old the proof is. Null where it does not say. */
    authenticatedAt: at('authenticated_at'),
    /** The provider's session (OpenID Connect Back-Channel Logout §2.1). */
    sid: text('sid'),
    /** For `id_token_hint`, sealed with the user and the id as associated data. */
    idTokenSealed: bytea('id_token_sealed'),
    /** Caps the session's absolute life. */
    maxSessionHours: integer('max_session_hours'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    foreignKey({
      columns: [table.userId, table.sessionId],
      foreignColumns: [refreshTokens.userId, refreshTokens.id],
      name: 'upstream_sign_ins_session',
    }).onDelete('cascade'),
    index('upstream_sign_ins_of_session').on(table.userId, table.sessionId),
    index('upstream_sign_ins_issuer_subject').on(table.issuer, table.subject),
    index('upstream_sign_ins_issuer_sid').on(table.issuer, table.sid),
    index('upstream_sign_ins_waiting')
      .on(table.createdAt)
      .where(sql`session_id is null`),
  ],
);

/** An app's code (`bearer`): the provider has answered, and the app has not exchanged it yet. Good once, for a minute. */
export const upstreamCodes = pgTable(
  'upstream_codes',
  {
    userId: userId(),
    /** SHA-256 of the code. */
    hash: bytea('hash').notNull(),
    signInId: uuid('sign_in_id').notNull(),
    purpose: text('purpose', { enum: upstreamPurposes }).notNull(),
    persistent: boolean('persistent').notNull(),
    appChallenge: text('app_challenge').notNull(),
    /** `link`: the session that must exchange it. */
    sessionId: uuid('session_id'),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.hash] }),
    index('upstream_codes_expires_at').on(table.expiresAt),
  ],
);

/** The `jti` of logout tokens that were acted on (OpenID Connect Back-Channel Logout §2.6): none counts twice. */
export const upstreamLogouts = pgTable(
  'upstream_logouts',
  {
    issuer: text('issuer').notNull(),
    jti: text('jti').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.issuer, table.jti] }),
    index('upstream_logouts_expires_at').on(table.expiresAt),
  ],
);
