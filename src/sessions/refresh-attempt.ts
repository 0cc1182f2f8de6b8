// Reads the family that a refresh token names. One statement compares the token with it, in SQL.
import { sql } from 'drizzle-orm';
import type { ReuseClass, ReuseEvent } from '../audit/refresh-events.js';
import type { Config } from '../config/config.js';
import { type Database, poolOf } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { readOnPrimary, server } from '../database/connections/primary-reads.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Role, Transport } from '../database/schema/vocabularies.js';
import type { Caller } from '../http/caller.js';
import type { KeyProof } from '../http/key-proof.js';
import type { Signer } from '../keys/signing-key.js';
import { isFresh, isFull, isProven, proofValues } from './bound-session.js';
import type { RefreshToken } from '../tokens/refresh-token.js';

export interface Presenter {
  readonly caller: Caller;
  /** Of a key, as far as it needs no row; absent where none came. */
  readonly proof?: KeyProof | undefined;
}

export interface RefreshAttempt extends Presenter {
  readonly token: RefreshToken;
  readonly family: string;
  readonly hash: string;
  readonly transport: Transport;
  /** Chosen before the token is spent, so that a spent token can always be answered. */
  readonly signer: Signer;
}

/** The session and its user as one statement read them. The answer is made of these. */
export interface SeenSession {
  /** The database's time. */
  readonly now: Date;
  readonly id: string;
  readonly transport: Transport;
  readonly persistent: boolean;
  readonly methods: string[];
  readonly authenticated_at: Date;
  readonly expires_at: Date;
  readonly absolute_expires_at: Date;
  readonly email: string;
  readonly role: Role;
  readonly email_verified: boolean;
  readonly token_version: number;
  readonly jkt: string | null;
}

/** Columns of `s`, `u` and `now`: all three statements of the protocol use these names. */
export const seenSession = sql`
  now, s.id, s.transport, s.persistent, s.methods, s.authenticated_at, s.expires_at, s.absolute_expires_at,
  u.email, u.role, u.email_verified_at is not null as email_verified, u.token_version, s.jkt`;

export const isAlive = sql`
  not s.revoked and s.expires_at > now and s.absolute_expires_at > now
  and u.disabled_at is null and u.session_epoch = s.session_epoch`;

const graceSeconds = sql`
  case when s.jkt is null then ${given('graceSeconds')}::float8 else ${given('graceBoundSeconds')}::float8 end`;

export const isInGrace = sql`s.rotated_at + make_interval(secs => ${graceSeconds}) > now`;

/** A grace stands still while this instance could not reach the database. */
export function gracesOf(database: Database, config: Config) {
  const { outages } = poolOf(database);
  return {
    graceSeconds: outages.graceOf(config.REFRESH_GRACE_SECONDS),
    graceBoundSeconds: outages.graceOf(config.REFRESH_GRACE_BOUND_SECONDS),
  };
}

/** How the token relates to the family that it names. */
export interface Seen extends SeenSession {
  readonly isStandby: boolean;
  readonly is_alive: boolean;
  readonly is_current: boolean;
  readonly is_previous: boolean;
  readonly is_in_grace: boolean;
  readonly same_address: boolean;
  readonly same_agent: boolean;
  readonly is_bound: boolean;
  readonly is_proven: boolean;
  readonly is_fresh: boolean;
  readonly is_full: boolean;
  readonly proof_iat: string | null;
  readonly generation: number;
}

const read = new Prepared<Seen>(
  'read_family',
  sql`
  select ${seenSession}, ${server}, s.generation,
         s.token = ${given('hash')} as is_current,
         s.previous_token is not distinct from ${given('hash')} as is_previous,
         ${isInGrace} as is_in_grace,
         ${isAlive} as is_alive,
         s.jkt is not null as is_bound, s.proof_iat, ${isFull} as is_full, ${isProven} as is_proven, ${isFresh} as is_fresh,
         s.rotated_by_ip is not distinct from ${given('ip')}::inet as same_address,
         s.rotated_user_agent is not distinct from ${given('userAgent')} as same_agent
    from ${refreshTokens} s join ${users} u on u.id = s.user_id, protocol_now() as now
   where s.user_id = ${given('userId')} and u.id = ${given('userId')} and s.family = ${given('family')}`,
);

/** @returns undefined when there is no such family. */
export async function readFamily(
  database: Database,
  { token, family, hash, caller, proof }: Omit<RefreshAttempt, 'transport' | 'signer'>,
  graces: ReturnType<typeof gracesOf>,
): Promise<Seen | undefined> {
  const values = { ...caller, userId: token.userId, family, hash, ...graces, ...proofValues(proof) };
  const [seen] = await readOnPrimary(database, read, values);
  return seen;
}

/** The audit event of a reuse, with the evidence for a lost response, a copy or a theft. */
export function evidenceOf(token: RefreshToken, seen: Seen, ended: boolean): ReuseEvent {
  return {
    type: 'refresh.reused',
    userId: token.userId,
    sessionId: seen.id,
    gravity: gravityOf(token, seen),
    generationsBehind: seen.generation - token.generation,
    addressChanged: !seen.same_address,
    userAgentChanged: !seen.same_agent,
    proven: seen.is_bound,
    ended,
  };
}

/**
 * A client that lost one answer is one generation behind. A token that is further behind has been copied; with a proof of
 * the session's key its client is confused, as after a restored backup, and no thief without the key.
 */
function gravityOf(token: RefreshToken, seen: Seen): ReuseClass {
  if (seen.generation - token.generation === 1) return 'lost_response';
  return seen.is_bound || (seen.same_address && seen.same_agent) ? 'copied_client' : 'likely_theft';
}
