// What happens when a refresh token is spent? It rotates, or it is a retry of one that did, or somebody has a copy.
// The protocol and its reasons: docs/protocols/refresh.md. Reads from the top as a list of guard clauses.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { refreshTokens, users } from '../database/schema.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import type { SignedAccessToken } from '../tokens/access-tokens.js';
import { familyOf, hashOf, parseRefreshToken, SALT_BYTES } from '../tokens/refresh-token.js';
import { evidenceOf, type Presented, readFamily, type Seen } from './family.js';
import { FamilyLimit } from './family-limit.js';
import type { Grant, Transport } from './grant.js';
import { Grants } from './grants.js';

/** A race is lost at most this often before the client is asked to try again. */
const ATTEMPTS = 4;

@Injectable()
export class Refresh {
  constructor(
    private readonly database: Database,
    private readonly grants: Grants,
    private readonly limit: FamilyLimit,
    private readonly revocations: Revocations,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `refresh_token_invalid`, `refresh_token_reused`, `session_state_lost`, `transport_mismatch`, … */
  async spend(text: string, transport: Transport, caller: Caller): Promise<Grant> {
    const token = parseRefreshToken(text);
    if (!token) throw new Refusal('refresh_token_invalid');
    const presented = { token, family: familyOf(token), hash: hashOf(token), transport, caller };

    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const seen = await readFamily(this.database, presented, this.config.REFRESH_GRACE_SECONDS);
      if (!seen) throw new Refusal('refresh_token_invalid');
      if (attempt === 0) await this.limit.take(presented.family); // not before: unknown families must cost no memory
      if (!seen.is_alive) throw this.refuse(presented, seen, 'refresh_token_invalid');
      if (seen.transport !== transport) throw this.refuse(presented, seen, 'transport_mismatch');

      if (seen.is_current || (seen.is_previous && seen.is_in_grace)) {
        // Sign before the commit: nothing fallible comes after it.
        const accessToken = await this.grants.sign(presented, seen);
        const grant = seen.is_current
          ? await this.rotate(presented, seen, accessToken)
          : await this.replay(presented, seen, accessToken);
        if (grant) return grant;
        continue; // somebody else moved first; look again
      }
      if (token.generation > seen.generation) throw this.refuse(presented, seen, 'session_state_lost');
      throw await this.punish(presented, seen);
    }
    throw new Refusal('unavailable', { cause: new Error('a refresh lost every race') });
  }

  /** Compare and set: of any number of parallel refreshes, one wins. */
  private async rotate(presented: Presented, seen: Seen, accessToken: SignedAccessToken): Promise<Grant | undefined> {
    const { token, family, hash, caller } = presented;
    const salt = randomBytes(SALT_BYTES);
    const successor = this.grants.successorOf(token, salt);
    const idleDays = seen.persistent ? this.config.REFRESH_REMEMBER_DAYS : this.config.REFRESH_IDLE_DAYS;
    const { rows } = await this.database.execute<{ expires_at: string }>(sql`
      update ${refreshTokens} s
         set previous_token = s.token, token = ${hashOf(successor)}, ratchet_salt = ${salt}, generation = s.generation + 1,
             rotated_at = now, rotated_by_ip = ${caller.ip}::inet, rotated_user_agent = ${caller.userAgent}, replays = 0,
             expires_at = least(now + make_interval(hours => ${24 * idleDays}), s.absolute_expires_at)
        from ${users} u, protocol_now() as now
       where s.user_id = ${token.userId} and s.family = ${family} and s.token = ${hash} and s.generation = ${token.generation}
         and not s.revoked and s.expires_at > now and s.absolute_expires_at > now
         and u.id = ${token.userId} and u.disabled_at is null and u.session_epoch = s.session_epoch
         and u.token_version = ${seen.token_version}
      returning s.expires_at`);
    const [row] = rows;
    if (!row) return undefined;
    const { generation } = successor;
    this.audit.note({ type: 'refresh.rotated', userId: token.userId, sessionId: seen.id, generation }, caller);
    return this.grants.of(presented, seen, accessToken, successor, row.expires_at);
  }

  /** A retry within the grace gets the very same successor; rotated_at and the expiry stay, so the window never slides. */
  private async replay(presented: Presented, seen: Seen, accessToken: SignedAccessToken): Promise<Grant | undefined> {
    const { token, family, hash, caller } = presented;
    const { rows } = await this.database.execute<{ token: string; ratchet_salt: Buffer; expires_at: string }>(sql`
      update ${refreshTokens} s set replays = s.replays + 1
        from ${users} u, protocol_now() as now
       where s.user_id = ${token.userId} and s.family = ${family} and s.previous_token = ${hash}
         and s.rotated_at + make_interval(secs => ${this.config.REFRESH_GRACE_SECONDS}) > now
         and not s.revoked and s.expires_at > now and s.absolute_expires_at > now
         and u.id = ${token.userId} and u.disabled_at is null and u.session_epoch = s.session_epoch
         and u.token_version = ${seen.token_version}
      returning s.token, s.ratchet_salt, s.expires_at`);
    const [row] = rows;
    if (!row) return undefined;
    const successor = this.grants.successorOf(token, row.ratchet_salt);
    if (hashOf(successor) !== row.token)
      throw new Error('The successor does not match its row: was the refresh secret replaced?');
    const { generation } = successor;
    const sameOrigin = seen.same_address && seen.same_agent;
    this.audit.note(
      { type: 'refresh.replayed', userId: token.userId, sessionId: seen.id, generation, sameOrigin },
      caller,
    );
    return this.grants.of(presented, seen, accessToken, successor, row.expires_at);
  }

  /**
   * One statement ends the family, so any number of parallel presentations raise one alert. Where reuse is only observed it
   * leaves a mark instead, to the same effect on the alert. Returned, and thrown after the commit.
   */
  private async punish(presented: Presented, seen: Seen): Promise<Refusal> {
    const { token, family, caller } = presented;
    const ends = this.config.REFRESH_REUSE_MODE === 'enforce';
    const event = evidenceOf(token, seen, ends);
    const { rows } = await this.database.execute(sql`
      with reused as (
        update ${refreshTokens}
           set ${ends ? endedForReuse(caller) : sql`reuse_observed_at = protocol_now()`}
         where user_id = ${token.userId} and family = ${family} and not revoked and (${ends} or reuse_observed_at is null)
        returning user_id, id
      ), ${this.revocations.expressionsFor(sql`reused`, ends)}, ${this.audit.expressionsFor(sql`reused`, event, caller)}
      select id from reused`);
    if (rows.length > 0) this.audit.note(event, caller);
    if (rows.length > 0 && ends) await this.revocations.forgetQuietly(token.userId);
    if (rows.length === 0) this.refuse(presented, seen, ends ? 'refresh_token_invalid' : 'refresh_token_reused');
    if (!ends) return new Refusal('refresh_token_reused', { session: 'keep' });
    return new Refusal(rows.length > 0 ? 'refresh_token_reused' : 'refresh_token_invalid');
  }

  private refuse({ token, caller }: Presented, { id }: Seen, code: Refusal['code']): Refusal {
    this.audit.note({ type: 'refresh.refused', userId: token.userId, sessionId: id, code }, caller);
    return new Refusal(code);
  }
}

const endedForReuse = ({ ip }: Caller) => sql`
  revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${ip}::inet, revoked_reason = 'reuse', previous_token = null`;
