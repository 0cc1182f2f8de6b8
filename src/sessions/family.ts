// What do we know of the family that a presented token names? One statement, judged in SQL.
import { sql } from 'drizzle-orm';
import type { ReuseClass, ReuseEvent } from '../audit/events.js';
import type { Database } from '../database/database.js';
import { refreshTokens, users } from '../database/schema.js';
import type { Caller } from '../http/caller.js';
import type { RefreshToken } from '../tokens/refresh-token.js';
import type { Transport } from './grant.js';

export interface Presented {
  readonly token: RefreshToken;
  readonly family: string;
  readonly hash: string;
  readonly transport: Transport;
  readonly caller: Caller;
}

/** The session and its user as one statement saw them. */
export type Seen = Record<string, unknown> & {
  now: string;
  is_alive: boolean;
  is_current: boolean;
  is_previous: boolean;
  is_in_grace: boolean;
  same_address: boolean;
  same_agent: boolean;
  generation: number;
  id: string;
  transport: Transport;
  persistent: boolean;
  methods: string[];
  authenticated_at: string;
  absolute_expires_at: string;
  email: string;
  role: 'user' | 'admin';
  email_verified: boolean;
  token_version: number;
};

/** @returns undefined when there is no such family. */
export async function readFamily(
  database: Database,
  { token, family, hash, caller }: Presented,
  graceSeconds: number,
): Promise<Seen | undefined> {
  const { rows } = await database.execute<Seen>(sql`
    select now, s.id, s.generation, s.transport, s.persistent, s.methods, s.authenticated_at, s.absolute_expires_at,
           s.token = ${hash} as is_current,
           s.previous_token is not distinct from ${hash} as is_previous,
           s.rotated_at + make_interval(secs => ${graceSeconds}) > now as is_in_grace,
           not s.revoked and s.expires_at > now and s.absolute_expires_at > now
             and u.disabled_at is null and u.session_epoch = s.session_epoch as is_alive,
           s.rotated_by_ip is not distinct from ${caller.ip}::inet as same_address,
           s.rotated_user_agent is not distinct from ${caller.userAgent} as same_agent,
           u.email, u.role, u.email_verified_at is not null as email_verified, u.token_version
      from ${refreshTokens} s join ${users} u on u.id = s.user_id, protocol_now() as now
     where s.user_id = ${token.userId} and u.id = ${token.userId} and s.family = ${family}`);
  return rows[0];
}

/** What speaks for a mistake and what for a thief. */
export function evidenceOf(token: RefreshToken, seen: Seen, ended: boolean): ReuseEvent {
  return {
    type: 'refresh.reused',
    userId: token.userId,
    sessionId: seen.id,
    gravity: gravityOf(token, seen),
    generationsBehind: seen.generation - token.generation,
    addressChanged: !seen.same_address,
    userAgentChanged: !seen.same_agent,
    ended,
  };
}

/** One generation behind is what a lost answer looks like. Further behind somebody kept a copy; from elsewhere, a thief. */
function gravityOf(token: RefreshToken, seen: Seen): ReuseClass {
  if (seen.generation - token.generation === 1) return 'lost_response';
  return seen.same_address && seen.same_agent ? 'copied_client' : 'likely_theft';
}
