// The statements that start a session: at once, or after a look at the user and their other sessions.
import { sql } from 'drizzle-orm';
import type { QueryResultRow } from 'pg';
import { eventFrom } from '../audit/audit.js';
import { given, Prepared } from '../database/prepared.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';

/** A sign-in this soon after the service ended the session is probably an honest client's. */
const FORCED_END_SECONDS = 60;
/** Live sessions per user. A further sign-in ends the session that has been idle longest. */
export const MAX_SESSIONS = 100;
/**
 * Below this a sign-in ends no session. More than 50 simultaneous sign-ins can exceed the maximum until the next
 * sign-in.
 */
export const MANY_SESSIONS = MAX_SESSIONS / 2;

/** The user is as they were when they proved their identity. */
const isUnchanged = sql`
  u.id = ${given('userId')} and u.disabled_at is null
     and u.credential_version = ${given('credentialVersion')} and u.session_epoch = ${given('sessionEpoch')}
     and u.token_version = ${given('tokenVersion')}`;

const afterForcedEnd = sql`
  exists (select from ${refreshTokens}
           where user_id = ${given('userId')} and revoked and revoked_reason in ('reuse', 'too_many')
             and revoked_at > now - make_interval(secs => ${FORCED_END_SECONDS})
             and rotated_user_agent is not distinct from ${given('userAgent')})`;

const live = sql`(select count(*)::int from ${refreshTokens} where user_id = ${given('userId')} and not revoked)`;

export interface Seen extends QueryResultRow {
  readonly now: Date;
  readonly absoluteExpiresAt: Date;
  readonly afterForcedEnd: boolean;
  readonly live: number;
}

/** The row lock waits for a concurrent change of the user, then sees its result; sign-ins of one user take turns. */
export const unchanged = new Prepared<Seen>(
  'user_unchanged',
  sql`
  select now, now + make_interval(hours => ${given('absoluteHours')}::int) as "absoluteExpiresAt",
         ${afterForcedEnd} as "afterForcedEnd", ${live} as live
    from ${users} u, protocol_now() as now
   where ${isUnchanged}
     for no key update of u`,
  true,
);

const columns = sql.raw(`(user_id, family, id, token, session_epoch, persistent, transport, methods,
         authenticated_at, rotated_at, created_at, expires_at, absolute_expires_at,
         created_by_ip, rotated_by_ip, user_agent, rotated_user_agent, jkt)`);
/** What is the same for both ways to start one, before the times and after them. */
const kind = sql`${given('family')}::text, ${given('id')}::uuid, ${given('hash')}::text, ${given('sessionEpoch')}::int,
          ${given('persistent')}::boolean, ${given('transport')}::text, ${given('methods')}::text[]`;
const origin = sql`${given('ip')}::inet, ${given('ip')}::inet, ${given('userAgent')}::text, ${given('userAgent')}::text,
          ${given('jkt')}::text`;

export const started = new Prepared<object>(
  'start_session',
  sql`
  insert into ${refreshTokens} ${columns}
  values (${given('userId')}, ${kind}, ${given('authenticatedAt')}, ${given('now')}, ${given('now')},
          ${given('expiresAt')}, ${given('absoluteExpiresAt')}, ${origin})`,
  true,
);

export type Times = Readonly<Record<'now' | 'authenticatedAt' | 'expiresAt' | 'absoluteExpiresAt', Date>>;

const absoluteExpiry = sql`now + make_interval(hours => ${given('absoluteHours')}::int)`;

/** Starts it unless the user changed, other sessions must end for it, or the event is to tell of a forced end. */
export const startedAtOnce = new Prepared<Times & QueryResultRow>(
  'start_session_at_once',
  sql`
  insert into ${refreshTokens} ${columns}
  select u.id, ${kind}, least(now, ${given('authenticatedAt')}::timestamptz), now, now,
         least(now + make_interval(hours => ${given('idleHours')}::int), ${absoluteExpiry}), ${absoluteExpiry}, ${origin}
    from ${users} u, protocol_now() as now
   where ${isUnchanged} and ${live} < ${MANY_SESSIONS} and not ${afterForcedEnd}
     for no key update of u
  returning rotated_at as now, authenticated_at as "authenticatedAt", expires_at as "expiresAt",
         absolute_expires_at as "absoluteExpiresAt"`,
  true,
);

/** The event of a session, where it has been started. */
export const eventOfStarted = eventFrom(
  'record_start',
  sql`(select from ${refreshTokens} where user_id = ${given('userId')} and id = ${given('id')}) as s`,
);
