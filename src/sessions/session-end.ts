// How does a session end? Its row is marked, its sid is denied, and it is written down: together or not at all.
import { Injectable } from '@nestjs/common';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, inTransaction, type Transaction } from '../database/database.js';
import { refreshTokens } from '../database/schema.js';
import type { Caller } from '../http/caller.js';
import { isUnconfirmed, Revocations } from '../revocation/revocations.js';
import type { AccessClaims } from '../tokens/access-token.js';
import { familyOf, parseRefreshToken } from '../tokens/refresh-token.js';
import { Users } from '../users/users.js';

export interface SessionRef {
  readonly userId: string;
  readonly sessionId: string;
}

type EndReason = NonNullable<(typeof refreshTokens.$inferSelect)['revokedReason']>;

/** Users whose sessions end in one transaction when everybody's do: each is short, and no time-out meets it. */
const BATCH = 1_000;

@Injectable()
export class SessionEnd {
  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    private readonly users: Users,
    private readonly audit: Audit,
  ) {}

  /** Ends one session at once: its refresh token, and every access token that it has or is just getting. */
  async one(session: SessionRef, caller: Caller): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      // The row first, the denial second, as every other end does it: else two of them deadlock.
      await this.where(tx, session.userId, sql`id = ${session.sessionId}`, 'logout', caller);
      // Though no row may be left to end: after this has answered, no token of the session is accepted.
      await this.revocations.denySessions(tx, session.userId, [session.sessionId]);
    });
  }

  /** Ends one access token; its session goes on (RFC 7009). */
  async token(claims: AccessClaims, caller: Caller): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      await this.revocations.denyToken(tx, claims);
      await this.audit.record(tx, [{ type: 'token.revoked', userId: claims.sub, sessionId: claims.sid }], caller);
    });
  }

  /** Ends the session of a refresh token. Any token of the family will do: whoever knows its selector held it. */
  async byRefreshToken(text: string, caller: Caller): Promise<void> {
    const token = parseRefreshToken(text);
    if (!token) return;
    const [found] = await this.database
      .select({ userId: refreshTokens.userId, sessionId: refreshTokens.id })
      .from(refreshTokens)
      .where(and(eq(refreshTokens.userId, token.userId), eq(refreshTokens.family, familyOf(token))));
    if (found) await this.one(found, caller);
  }

  /**
   * Ends those of a user's own sessions that a condition picks.
   * @returns how many there were
   */
  async own(userId: string, which: SQL, caller: Caller): Promise<number> {
    return inTransaction(this.database, async (tx) => {
      // Though there may be nothing left to end: a retry must not answer before Redis has heard of what it repeats.
      await this.revocations.forget(tx, [userId]);
      return this.where(tx, userId, which, 'ended_by_user', caller);
    });
  }

  /** Every session and every access token of the user. The counters also catch a sign-in that is under way. */
  async allOf(userId: string, reason: EndReason, caller: Caller): Promise<number> {
    return inTransaction(this.database, async (tx) => {
      await this.users.bumpBoth(tx, userId);
      await this.revocations.forget(tx, [userId]);
      const sessions = await this.where(tx, userId, sql`true`, reason, caller);
      await this.audit.record(tx, [{ type: 'logout_all', userId, sessions }], caller);
      return sessions;
    });
  }

  /**
   * Every session that anyone had when this began; for an incident, or after a restore from a backup.
   * @returns also whether Redis has confirmed; if not, its memory ends by itself within a minute
   */
  async allOfEverybody(by: string, caller: Caller): Promise<{ users: number; sessions: number; confirmed: boolean }> {
    const done = { users: 0, sessions: 0 };
    let confirmed = true;
    let batch: string[] = [];
    do {
      const last = batch.at(-1);
      await inTransaction(this.database, async (tx) => {
        batch = await this.users.bumpBothOfNext(tx, last, BATCH);
        await this.revocations.forget(tx, batch);
        done.sessions += await this.markAll(tx, batch, caller);
      }).catch((error: unknown) => {
        if (!isUnconfirmed(error)) throw error;
        confirmed = false;
      });
      done.users += batch.length;
    } while (batch.length === BATCH);
    await this.audit.recordAlone({ type: 'sessions.all_ended', ...done, by }, caller);
    return { ...done, confirmed };
  }

  /** @returns how many there were */
  async where(tx: Transaction, userId: string, which: SQL, reason: EndReason, caller: Caller): Promise<number> {
    const { rows } = await tx.execute<{ id: string }>(sql`
      update ${refreshTokens} set ${ended(reason, caller)}
       where user_id = ${userId} and not revoked and ${which} returning id`);
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    await this.revocations.denySessions(tx, userId, ids);
    const events = ids.map((sessionId) => ({ type: 'session.ended', userId, sessionId, reason }) as const);
    await this.audit.record(tx, events, caller);
    return ids.length;
  }

  /** The users' counters have ended them already; this is what their rows show. */
  private async markAll(tx: Transaction, userIds: readonly string[], caller: Caller): Promise<number> {
    const { rowCount } = await tx.execute(sql`
      update ${refreshTokens} set ${ended('operator', caller)}
       where user_id = any(${sql.param([...userIds])}::uuid[]) and not revoked`);
    return rowCount ?? 0;
  }
}

const ended = (reason: EndReason, caller: Caller) => sql`
  revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${caller.ip}::inet, revoked_reason = ${reason},
  previous_token = null`;
