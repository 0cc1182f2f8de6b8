// The statements that make, take and spend tickets. Each compares the user with what they were at the first factor.
import { type SQL, sql } from 'drizzle-orm';
import { factorTickets } from '../database/schema/factors.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema/users-and-sessions.js';
import type { ProvenUser } from '../sessions/sessions.js';
import type { Ticket } from './factor-tickets.js';

const MAX_ATTEMPTS = 5;

export type TicketRow = ProvenUser &
  Omit<Ticket, 'user' | 'replaces' | 'sessionId' | 'upstreamSignInId'> & {
    readonly replacesUserId: string | null;
    readonly replacesSessionId: string | null;
    readonly sessionId: string | null;
    readonly upstreamSignInId: string | null;
  };

export const issued = new Prepared<{ expiresAt: Date }>(
  'issue_factor_ticket',
  sql`
  insert into ${factorTickets} (user_id, hash, purpose, session_epoch, token_version, credential_version, transport,
         persistent, methods, replaces_user_id, replaces_session_id, session_id, upstream_sign_in_id, created_at, expires_at)
  select u.id, ${given('hash')}, ${given('purpose')}, u.session_epoch, u.token_version, u.credential_version,
         ${given('transport')}, ${given('persistent')}, ${given('methods')}, ${given('replacesUserId')}::uuid,
         ${given('replacesSessionId')}::uuid, ${given('sessionId')}::uuid, ${given('upstreamSignInId')}::uuid, now,
         now + make_interval(secs => ${given('lifeSeconds')}::int)
    from ${users} u, protocol_now() as now
   where u.id = ${given('userId')} and u.disabled_at is null
     and u.credential_version = ${given('credentialVersion')} and u.session_epoch = ${given('sessionEpoch')}
     and u.token_version = ${given('tokenVersion')}
  returning expires_at as "expiresAt"`,
);

/** The user is as they were at the first factor. */
const isGood = (now: SQL) => sql`
  t.user_id = ${given('userId')} and t.hash = ${given('hash')} and u.id = ${given('userId')} and t.expires_at > ${now}
  and u.disabled_at is null and u.session_epoch = t.session_epoch and u.token_version = t.token_version
  and u.credential_version = t.credential_version`;

const whole = sql`
  t.hash, t.purpose, t.transport, t.persistent, t.methods, t.replaces_user_id as "replacesUserId",
            t.replaces_session_id as "replacesSessionId", t.session_id as "sessionId",
            t.upstream_sign_in_id as "upstreamSignInId", t.attempts, now,
            u.id, u.email, u.role, u.email_verified_at as "emailVerifiedAt",
            u.credential_version as "credentialVersion", u.token_version as "tokenVersion",
            u.session_epoch as "sessionEpoch"`;

export const taken = new Prepared<TicketRow>(
  'take_factor_ticket',
  sql`
  update ${factorTickets} t set attempts = t.attempts + 1
    from ${users} u, protocol_now() as now
   where ${isGood(sql`now`)} and t.attempts < ${MAX_ATTEMPTS} and t.purpose = any(${given('purposes')}::text[])
  returning ${whole}`,
);

export const looked = new Prepared<TicketRow>(
  'look_factor_ticket',
  sql`
  select ${whole} from ${factorTickets} t, ${users} u, protocol_now() as now
   where ${isGood(sql`now`)} and t.attempts < ${MAX_ATTEMPTS} and t.purpose = any(${given('purposes')}::text[])`,
);

const ofTicket = sql`where user_id = ${given('userId')} and hash = ${given('hash')}`;

export const givenBack = new Prepared<object>(
  'give_back_factor_ticket',
  sql`update ${factorTickets} set attempts = greatest(attempts - 1, 0) ${ofTicket}`,
);

export const lockUser = new Prepared<object>(
  'lock_user_of_ticket',
  sql`select from ${users} where id = ${given('userId')} for no key update`,
);

/** A statement of its own: it sees what those did who had the lock before. */
export const isThere = new Prepared<object>(
  'find_factor_ticket',
  sql`select from ${users} u, ${factorTickets} t where ${isGood(sql`protocol_now()`)}`,
);

export const gone = new Prepared<{ attempts: number }>(
  'spend_factor_ticket',
  sql`delete from ${factorTickets} ${ofTicket} returning attempts`,
);
