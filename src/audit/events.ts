// Every event that an operator may have to look up later. docs/operations/events.md says what each
// one means.
import { type AdminEvent, adminOutcomes, type DeletedEvent } from './admin-events.js';
import { databaseOutcomes, type TimelineEvent } from './database-events.js';
import { type FactorEvent, factorOutcomes, type PasskeyCounterEvent } from './factor-events.js';
import { type IdentityEvent, identityOutcomes } from './identity-events.js';
import { type MovingEvent, movingOutcomes } from './moving-events.js';
import { type RefreshNote, refreshOutcomes, type ReuseEvent } from './refresh-events.js';

interface OfUser {
  readonly userId: string;
}
export interface OfSession extends OfUser {
  readonly sessionId: string;
}

/**
 * Security-relevant and rare: a row of audit_events, in the same transaction as what it describes,
 * and a log line.
 */
export type AuditEvent =
  | ({ readonly type: 'user.registered' | 'registration.repeated' | 'email.verified' } & OfUser)
  /** Somebody tried to register an address that has an account, whose owner receives a mail. */
  | { readonly type: 'registration.taken' }
  | AdminEvent
  | DeletedEvent
  | ({
      readonly type: 'login.succeeded';
      readonly transport: string;
      readonly persistent: boolean;
      readonly methods: readonly string[];
      readonly provider?: string;
      /** The service ended a session of this browser within the last minute: perhaps an honest client's. */
      readonly afterForcedEnd: boolean;
    } & OfSession)
  | { readonly type: 'login.failed'; readonly userId: string | null; readonly reason: string }
  | ReuseEvent
  | ({ readonly type: 'password.changed' | 'password.reset' | 'device.allowed' } & OfUser)
  | ({
      readonly type: 'password.change_failed' | 'reauthentication.failed' | 'email.change_failed';
      readonly reason: string;
    } & OfUser)
  | ({ readonly type: 'email.change_requested' | 'email.changed' } & OfUser)
  | ({ readonly type: 'invite.accepted' } & OfUser)
  | ({ readonly type: 'reauthentication.succeeded'; readonly methods: readonly string[] } & OfSession)
  | ({ readonly type: 'token.revoked'; readonly by?: string } & OfSession)
  /** `by`: the service that revoked a token of the session, or the administrator who ended it. */
  | ({ readonly type: 'session.ended'; readonly reason: string; readonly by?: string } & OfSession)
  | ({ readonly type: 'logout_all'; readonly sessions: number } & OfUser)
  | { readonly type: 'sessions.all_ended'; readonly users: number; readonly sessions: number; readonly by: string }
  | { readonly type: 'key.published' | 'key.imported' | 'key.reopened' | 'key.rewrapped'; readonly kid: string }
  | {
      readonly type: 'key.activated' | 'key.retired' | 'key.removed' | 'key.revoked';
      readonly kid: string;
      /** When it takes effect: a rotation is written down a minute ahead. */
      readonly at: string;
    }
  | { readonly type: 'secret.rewrapped'; readonly name: string }
  /** The operator took the budgets of guesses away; `lanes` of them had failures. */
  | ({ readonly type: 'user.unlocked'; readonly lanes: number; readonly by: string } & OfUser)
  | FactorEvent
  | IdentityEvent
  | MovingEvent
  | MailDiedEvent
  | { readonly type: 'mail.retried'; readonly mails: number; readonly by: string }
  | FreezeEvent
  | SprayEvent
  | TimelineEvent
  | ServiceEvent
  | ({ readonly type: 'service.added' } & ServiceRights & OfService);

interface OfService {
  /** Its name. */
  readonly service: string;
  readonly clientId: string;
  /** The operator, or the name of a service. */
  readonly by: string;
}

interface ServiceRights {
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly resources: readonly string[];
}

export interface ServiceEvent extends OfService {
  readonly type: 'service.secret_rotated' | 'service.secret_ended' | 'service.removed' | 'service.token_revoked';
}

/** A mail will not arrive. `alert`: it is the first within an hour (mail/dead-mail.ts). */
interface MailDiedEvent {
  readonly type: 'mail.died';
  readonly mailId: string;
  readonly kind: string;
  readonly reason: string;
  readonly attempts: number;
  readonly alert: boolean;
}

/** Many accounts from one network in a minute, or far more failures in an hour than yesterday (limits/spray.ts). */
export interface SprayEvent {
  readonly type: 'guessing.spray';
  readonly by: 'accounts' | 'failures';
  readonly count: number;
}

/** The old address of an account says that a change of address was not its owner's. */
interface FreezeEvent extends OfUser {
  readonly type: 'account.frozen';
  readonly sessions: number;
}

/** What somebody is paged for. */
export type AlertEvent = TimelineEvent | ReuseEvent | SprayEvent | MailDiedEvent | FreezeEvent | PasskeyCounterEvent;

/** Happens at any rate that clients please: a log line and a count, never a row. */
export type FrequentEvent =
  | RefreshNote
  | {
      readonly type: 'service.token_issued';
      readonly service: string;
      readonly scope: string;
      readonly audiences: readonly string[];
    }
  /** `service`: null where nobody has the client id. */
  | { readonly type: 'service.refused'; readonly service: string | null; readonly reason: string };

export type Outcome = 'success' | 'failure';

/** Every event has its outcome here, or does not compile. A failure is logged as a warning. */
export const outcomeOf: Readonly<Record<(AuditEvent | FrequentEvent)['type'], Outcome>> = {
  'user.registered': 'success',
  'registration.repeated': 'success',
  'registration.taken': 'failure',
  'email.verified': 'success',
  'login.succeeded': 'success',
  'login.failed': 'failure',
  'password.changed': 'success',
  'password.reset': 'success',
  'device.allowed': 'success',
  'password.change_failed': 'failure',
  'email.change_requested': 'success',
  'email.change_failed': 'failure',
  'email.changed': 'success',
  'invite.accepted': 'success',
  'account.frozen': 'failure',
  'reauthentication.succeeded': 'success',
  'reauthentication.failed': 'failure',
  'token.revoked': 'success',
  'session.ended': 'success',
  logout_all: 'success',
  'sessions.all_ended': 'success',
  'key.published': 'success',
  'key.imported': 'success',
  'key.reopened': 'success',
  'key.rewrapped': 'success',
  'key.activated': 'success',
  'key.retired': 'success',
  'key.removed': 'success',
  'key.revoked': 'success',
  'secret.rewrapped': 'success',
  'user.unlocked': 'success',
  'guessing.spray': 'failure',
  'service.added': 'success',
  'service.secret_rotated': 'success',
  'service.secret_ended': 'success',
  'service.removed': 'success',
  'service.token_issued': 'success',
  'service.token_revoked': 'success',
  'service.refused': 'failure',
  'mail.died': 'failure',
  'mail.retried': 'success',
  ...databaseOutcomes,
  ...adminOutcomes,
  ...factorOutcomes,
  ...identityOutcomes,
  ...movingOutcomes,
  ...refreshOutcomes,
};
