// Spends a refresh token: it rotates, or the request is a retry, or the token was copied and its family ends.
// The protocol and its reasons: docs/protocols/refresh.md.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Transport } from '../database/schema/vocabularies.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { familyOf, hashOf, parseRefreshToken, SALT_BYTES } from '../tokens/refresh-token.js';
import { isFresh, isProven, noteProof, proofValues } from './bound-session.js';
import { nonceAfter, unprovenBy } from './unproven.js';
import {
  evidenceOf,
  gracesOf,
  type Presenter,
  isAlive,
  isInGrace,
  type RefreshAttempt,
  readFamily,
  type Seen,
  type SeenSession,
  seenSession,
} from './refresh-attempt.js';
import { FamilyLimit } from './family-limit.js';
import type { IssuedTokens } from './issued-tokens.js';
import { TokenIssue } from './token-issue.js';

/** After losing this many races the request fails with `unavailable`. */
const MAX_RACES = 4;

@Injectable()
export class Refresh {
  constructor(
    private readonly database: Database,
    private readonly tokenIssue: TokenIssue,
    private readonly limit: FamilyLimit,
    private readonly revocations: Revocations,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `refresh_token_invalid`, `refresh_token_reused`, `session_state_lost`, `dpop_proof_invalid`, … */
  async spend(text: string, transport: Transport, from: Presenter): Promise<IssuedTokens> {
    const token = parseRefreshToken(text);
    if (!token) throw new Refusal('refresh_token_invalid');
    const signer = await this.tokenIssue.signer(); // before the token is spent: a key store may be down for long
    const attempt = { token, family: familyOf(token), hash: hashOf(token), transport, ...from, signer };
    await this.limit.take(attempt);
    try {
      return await this.decide(attempt);
    } catch (error) {
      if (!(error instanceof Refusal)) await this.limit.giveBack(attempt);
      throw error;
    }
  }

  private async decide(attempt: RefreshAttempt): Promise<IssuedTokens> {
    const { token, transport } = attempt;
    for (let race = 0; race < MAX_RACES; race++) {
      const rotated = await this.rotate(attempt);
      if (rotated) return rotated;

      const seen = await readFamily(this.database, attempt, gracesOf(this.database, this.config));
      if (!seen) {
        await this.limit.takeOfNobody(attempt);
        throw new Refusal('refresh_token_invalid');
      }
      if (!seen.is_alive) throw this.refuse(attempt, seen, 'refresh_token_invalid');
      if (seen.transport !== transport) throw this.refuse(attempt, seen, 'transport_mismatch');
      if (!seen.is_proven || !seen.is_fresh) throw await this.refuseProof(attempt, seen);
      if (seen.is_current) continue; // another request changed the row between the two statements
      if (seen.is_previous && seen.is_in_grace) {
        const replayed = await this.replay(attempt, seen);
        if (replayed) return replayed;
        continue;
      }
      if (token.generation > seen.generation) throw this.refuse(attempt, seen, 'session_state_lost');
      throw await this.punish(attempt, seen);
    }
    throw new Refusal('unavailable', { cause: new Error('a refresh lost every race') });
  }

  /** Compare and set without reading first: one of any number of parallel refreshes wins. */
  private async rotate(attempt: RefreshAttempt): Promise<IssuedTokens | undefined> {
    const { token, family, hash, transport, caller, proof } = attempt;
    const salt = randomBytes(SALT_BYTES);
    const successor = this.tokenIssue.successorOf(token, salt);
    const { REFRESH_REMEMBER_DAYS, REFRESH_IDLE_DAYS } = this.config;
    const { userId, generation } = token;
    const next = hashOf(successor);
    const [rememberHours, idleHours] = [24 * REFRESH_REMEMBER_DAYS, 24 * REFRESH_IDLE_DAYS];
    const values = { ...caller, ...proofValues(proof), userId, family, hash, generation, transport, salt, next };
    const [row] = await rotation.run(this.database, { ...values, rememberHours, idleHours });
    if (!row) return undefined;
    this.audit.note({ type: 'refresh.rotated', userId, sessionId: row.id, generation: successor.generation }, caller);
    return this.tokenIssue.of(attempt, row, successor);
  }

  /** A retry within the grace receives the same successor. `rotated_at` and the expiry stay, so the window is fixed. */
  private async replay(attempt: RefreshAttempt, seen: Seen): Promise<IssuedTokens | undefined> {
    const { token, family, hash, caller, proof } = attempt;
    const { userId } = token;
    const graces = gracesOf(this.database, this.config);
    const [row] = await replay.run(this.database, { userId, family, hash, ...graces, ...proofValues(proof) });
    if (!row) return undefined;
    const successor = this.tokenIssue.successorOf(token, row.ratchet_salt);
    if (hashOf(successor) !== row.token)
      throw new Error('The successor does not match its row: was the refresh secret replaced?');
    const { generation } = successor;
    const sameOrigin = seen.same_address && seen.same_agent;
    this.audit.note({ type: 'refresh.replayed', userId, sessionId: row.id, generation, sameOrigin }, caller);
    return this.tokenIssue.of(attempt, row, successor);
  }

  /**
   * One statement ends the family, so parallel reuses raise one alert. In the mode `observe` it marks the family
   * instead, which also limits the alert to one. The refusal is returned and thrown after the commit.
   */
  private async punish(attempt: RefreshAttempt, seen: Seen): Promise<Refusal> {
    const { token, family, caller } = attempt;
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
    if (rows.length > 0 && ends) await this.revocations.invalidate(token.userId, seen.id);
    if (rows.length === 0) this.refuse(attempt, seen, ends ? 'refresh_token_invalid' : 'refresh_token_reused');
    if (!ends) return new Refusal('refresh_token_reused', { session: 'keep' });
    return new Refusal(rows.length > 0 ? 'refresh_token_reused' : 'refresh_token_invalid');
  }

  /**
   * Without a proof of the session's key nothing is written, whatever the token: a copy alone must not end the session of
   * its owner, nor use up what the family may ask for. A spent proof is asked for again, with a nonce of after it.
   */
  private async refuseProof(attempt: RefreshAttempt, seen: Seen): Promise<Refusal> {
    await this.limit.takeOfNobody(attempt);
    const unproven = unprovenBy(attempt, seen);
    if (!unproven) return this.refuse(attempt, seen, 'dpop_nonce_required', nonceAfter(attempt, seen));
    this.audit.note(unproven, attempt.caller);
    return new Refusal('dpop_proof_invalid', { session: 'keep' });
  }

  private refuse({ token, caller }: RefreshAttempt, { id }: Seen, code: Refusal['code'], details = {}): Refusal {
    this.audit.note({ type: 'refresh.refused', userId: token.userId, sessionId: id, code }, caller);
    return new Refusal(code, details);
  }
}

const rotation = new Prepared<SeenSession>(
  'rotation',
  sql`
  update ${refreshTokens} s
     set previous_token = s.token, token = ${given('next')}, ratchet_salt = ${given('salt')}, generation = s.generation + 1,
         rotated_at = now, rotated_by_ip = ${given('ip')}::inet, rotated_user_agent = ${given('userAgent')}, replays = 0,
         ${noteProof},
         expires_at = least(s.absolute_expires_at, now + make_interval(
           hours => case when s.persistent then ${given('rememberHours')}::int else ${given('idleHours')}::int end))
    from ${users} u, protocol_now() as now
   where s.user_id = ${given('userId')} and u.id = ${given('userId')} and s.family = ${given('family')}
     and s.token = ${given('hash')} and s.generation = ${given('generation')} and s.transport = ${given('transport')}
     and ${isAlive}
     and ${isProven} and ${isFresh}
  returning ${seenSession}`,
);

const replay = new Prepared<SeenSession & { token: string; ratchet_salt: Buffer }>(
  'replay',
  sql`
  update ${refreshTokens} s set replays = s.replays + 1, ${noteProof}
    from ${users} u, protocol_now() as now
   where s.user_id = ${given('userId')} and u.id = ${given('userId')} and s.family = ${given('family')}
     and s.previous_token = ${given('hash')} and ${isInGrace} and ${isAlive}
     and ${isProven} and ${isFresh}
  returning s.token, s.ratchet_salt, ${seenSession}`,
);

const endedForReuse = ({ ip }: Caller) => sql`
  revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${ip}::inet, revoked_reason = 'reuse', previous_token = null`;
