// Ends sessions. One transaction marks the row, denies the sid and records the event.
import { Injectable } from '@nestjs/common';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { MAX_GRACE_SECONDS } from '../database/connections/outages.js';
import { refreshTokens } from '../database/schema/users-and-sessions.js';
import type { Caller } from '../http/caller.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { coverByEverybody, denyEverybody, denyUsers } from '../revocation/denials.js';
import { Revocations } from '../revocation/revocations.js';
import type { AccessClaims } from '../tokens/access-token.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { familyOf, type RefreshToken } from '../tokens/refresh-token.js';
import { Users } from '../users/users.js';

export type EndReason = NonNullable<(typeof refreshTokens.$inferSelect)['revokedReason']>;

type Alongside = (tx: Transaction) => Promise<void>;

/** What a refresh token names, whether the session is alive or not. */
export interface PresentedSession extends SessionRef {
  /** The thumbprint of the key that it is bound to. */
  readonly jkt: string | null;
  readonly generation: number;
}

/** One session, of a token that named it. */
export interface SessionEnded extends SessionsEnded {
  readonly session: SessionRef;
}

export interface SessionsEnded {
  /** How many sessions were alive until now. */
  readonly sessions: number;
  readonly confirmation: Confirmation;
}

/** Users per transaction when everybody's sessions end: each transaction stays far below its time-out. */
const BATCH = 1_000;

@Injectable()
export class SessionEnd {
  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    private readonly users: Users,
    private readonly audit: Audit,
  ) {}

  /**
   * Ends one session at once: its refresh token and every access token, including one that is being issued.
   * @param service the name of the service that ends it, if it is not the user
   */
  one(session: SessionRef, caller: Caller, service?: string): Promise<SessionEnded> {
    return inTransaction(this.database, async (tx) => {
      const { userId, sessionId } = session;
      const reason = service === undefined ? 'logout' : 'ended_by_service';
      const { length } = await this.mark(tx, userId, sql`id = ${sessionId}`, reason, caller, service);
      // The session is denied even if its row has ended or gone: after the answer no token of it is accepted.
      return { session, sessions: length, confirmation: await this.revocations.end(tx, { sessions: [session] }) };
    });
  }

  /** Ends one access token; its session lives on (RFC 7009). @param service as in `one` */
  token({ sub, sid, jti }: AccessClaims, caller: Caller, service?: string): Promise<Confirmation> {
    return inTransaction(this.database, async (tx) => {
      const confirmation = await this.revocations.end(tx, { tokens: [{ userId: sub, tokenId: jti }] });
      const event = { type: 'token.revoked', userId: sub, sessionId: sid, ...byOf(service) } as const;
      await this.audit.record(tx, [event], caller);
      return confirmation;
    });
  }

  /**
   * The session of a refresh token. Any token of the family is accepted: only a holder knows its selector.
   * @returns undefined when it names no session
   */
  async ofRefreshToken(token: RefreshToken): Promise<PresentedSession | undefined> {
    const { userId, id, jkt, generation } = refreshTokens;
    const [found] = await this.database
      .select({ userId, sessionId: id, jkt, generation })
      .from(refreshTokens)
      .where(and(eq(userId, token.userId), eq(refreshTokens.family, familyOf(token))));
    return found;
  }

  /** Ends the user's sessions that meet a condition. @param alongside written in the same transaction */
  own(userId: string, which: SQL, caller: Caller, alongside?: Alongside): Promise<SessionsEnded> {
    return inTransaction(this.database, async (tx) => {
      await alongside?.(tx);
      const sessions = await this.mark(tx, userId, which, 'ended_by_user', caller);
      // The user is named even if no session was left to end: a retry must wait for the confirmation of Redis, too.
      const confirmation = await this.revocations.end(tx, { told: [userId], sessions });
      return { sessions: sessions.length, confirmation };
    });
  }

  /**
   * Ends every session and access token of the user. The counters also stop a sign-in that is in progress.
   * @param alongside written in the same transaction if a session was alive
   */
  allOf(userId: string, reason: EndReason, caller: Caller, alongside?: Alongside): Promise<SessionsEnded> {
    return inTransaction(this.database, async (tx) => {
      await this.users.bumpBoth(tx, userId);
      const sessions = await this.mark(tx, userId, sql`true`, reason, caller);
      const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
      await this.audit.record(tx, [{ type: 'logout_all', userId, sessions: sessions.length }], caller);
      if (sessions.length > 0) await alongside?.(tx);
      return { sessions: sessions.length, confirmation };
    });
  }

  /**
   * Ends every session that existed when this began; for an incident, or after a restore from a backup. Siblings learn of
   * it by one entry and not by one for each user (docs/protocols/feed.md, "Everybody").
   */
  async allOfEverybody(by: string, caller: Caller): Promise<SessionsEnded & { users: number }> {
    const done = { users: 0, sessions: 0 };
    const confirmation = { isConfirmed: true };
    let batch: string[] = [];
    let since: number | undefined;
    do {
      const last = batch.at(-1);
      const ended = await inTransaction(this.database, async (tx) => {
        since ??= await denyEverybody(tx);
        await coverByEverybody(tx);
        batch = await this.users.bumpBothOfNext(tx, last, BATCH);
        const ofBatch = await this.revocations.end(tx, { told: batch });
        const marked = await this.markAll(tx, batch, since, caller);
        await denyUsers(tx, marked.uncovered);
        done.sessions += marked.sessions;
        return ofBatch;
      });
      confirmation.isConfirmed &&= ended.isConfirmed;
      done.users += batch.length;
    } while (batch.length === BATCH);
    await this.audit.recordAlone({ type: 'sessions.all_ended', ...done, by }, caller);
    return { ...done, confirmation };
  }

  /**
   * Marks sessions as ended and records it. The caller then passes the result to `revocations.end`. Every act keeps
   * this order, rows before denials: otherwise two acts that end one session deadlock.
   * @param by the name of a service or the id of an administrator, if it is not the user
   */
  async mark(
    tx: Transaction,
    userId: string,
    which: SQL,
    reason: EndReason,
    caller: Caller,
    by?: string,
  ): Promise<readonly SessionRef[]> {
    const { rows } = await tx.execute<{ id: string }>(sql`
      update ${refreshTokens} set ${ended(reason, caller)}
       where user_id = ${userId} and not revoked and ${which} returning id`);
    const sessions = rows.map(({ id }) => ({ userId, sessionId: id }));
    await this.audit.record(
      tx,
      sessions.map((session) => ({ type: 'session.ended', ...session, reason, ...byOf(by) })),
      caller,
    );
    return sessions;
  }

  /**
   * Marks the rows only: the users' counters have already ended these sessions. A refresh in flight has the row's lock, so
   * that its token is seen here.
   * @returns `uncovered`: the users to whom a token was issued since that time
   */
  private async markAll(tx: Transaction, userIds: readonly string[], since: number, caller: Caller) {
    const { rows } = await tx.execute<{ userId: string; isCovered: boolean }>(sql`
      update ${refreshTokens} set ${ended('operator', caller)}
       where user_id = any(${sql.param([...userIds])}::uuid[]) and not revoked
      returning user_id as "userId", greatest(rotated_at, authenticated_at) < to_timestamp(${since})
         and (replays = 0 or rotated_at < to_timestamp(${since}) - make_interval(secs => ${MAX_GRACE_SECONDS})) as "isCovered"`);
    const uncovered = new Set(rows.filter(({ isCovered }) => !isCovered).map(({ userId }) => userId));
    return { sessions: rows.length, uncovered: [...uncovered] };
  }
}

const byOf = (by: string | undefined) => (by === undefined ? {} : { by });

const ended = (reason: EndReason, caller: Caller) => sql`
  revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${caller.ip}::inet, revoked_reason = ${reason},
  previous_token = null`;
