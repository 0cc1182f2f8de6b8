// Where each table lives on a sharded database: deploy/citus.sql, the rules for statements and the tests read this list.
import type { tables } from './tables.js';

/**
 * `by`: distributed by this column, which stands in each unique index of the table. `with users`: a row lies where its user
 * does. `reference`: whole on every node. `local`: on the coordinator only.
 */
export type Placement = { readonly by: string; readonly isWithUsers: boolean } | 'reference' | 'local';

const withUsers = { by: 'user_id', isWithUsers: true } as const;
const alone = (by: string) => ({ by, isWithUsers: false }) as const;

export const distribution: Readonly<Record<keyof typeof tables, Placement>> = {
  users: { by: 'id', isWithUsers: true },
  refreshTokens: withUsers,
  accessRevocations: withUsers,
  revocationOutbox: withUsers,
  auditEvents: withUsers,
  alertDeliveries: withUsers,
  totpAuthenticators: withUsers,
  recoveryCodes: withUsers,
  factorTickets: withUsers,
  passkeys: withUsers,
  spentChallenges: withUsers,
  oneTimeTokens: withUsers,
  foreignSessions: withUsers,
  upstreamIdentities: withUsers,
  upstreamSignIns: withUsers,
  upstreamCodes: withUsers,

  userEmails: alone('email'),
  userLookups: alone('hash'),
  revokedSubjects: alone('subject'),
  mailOutbox: alone('recipient'),
  guessBudgets: alone('subject'),
  rateLimits: alone('key'),
  upstreamRequests: alone('hash'),
  upstreamLogouts: alone('jti'),
  serviceTokenRevocations: alone('service_id'),

  services: 'reference',
  sprayAlarms: 'reference',

  guessFailures: 'local',
  signingKeys: 'local',
  keyRingVersion: 'local',
  serverSecrets: 'local',
  imports: 'local',
  importRefusals: 'local',
  turns: 'local',
};

/**
 * What one PostgreSQL server has in addition, and a sharded database cannot have: it goes before the tables are distributed.
 * The service's own statements need none of it. It is there for whoever changes rows by hand, and for instances of the
 * release before during an upgrade: `on conflict (email)` of theirs needs the constraint.
 */
export const backstops = {
  triggers: [
    ['users', 'users_address_given'],
    ['users', 'users_address_changed'],
    ['users', 'users_revise'],
    ['users', 'users_tokens_ended'],
    ['users', 'users_deleted'],
    ['upstream_identities', 'upstream_identities_looked_up'],
    ['foreign_sessions', 'foreign_sessions_looked_up'],
  ],
  constraints: [
    ['users', 'users_email_unique'],
    ['upstream_identities', 'upstream_identities_issuer_subject'],
    ['foreign_sessions', 'foreign_sessions_token_hash'],
  ],
} as const;
