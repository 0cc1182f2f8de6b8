// How does a session start and end? A session is one row of refresh_tokens, from its sign-in to its end.
import { Injectable } from '@nestjs/common';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, inTransaction, type Queries } from '../database/database.js';
import { refreshTokens, users } from '../database/schema.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { familyOf, firstRefreshToken, formatRefreshToken, hashOf, parseRefreshToken } from '../tokens/refresh-token.js';
import { toPublicUser, type User, Users } from '../users/users.js';
import type { Grant, Transport } from './grant.js';

/** A user whose identity was proven, with the counters that were read together with what proved it. */
export type ProvenUser = Pick<
  User,
  'id' | 'email' | 'role' | 'emailVerifiedAt' | 'passwordHash' | 'tokenVersion' | 'sessionEpoch'
>;

export interface SessionWish {
  readonly transport: Transport;
  readonly persistent: boolean;
  /** How the user was authenticated (RFC 8176). */
  readonly methods: readonly string[];
  /** A session that this one takes the place of, of whichever user. */
  readonly replaces?: SessionRef | undefined;
}

export interface SessionRef {
  readonly userId: string;
  readonly sessionId: string;
}

type EndReason = NonNullable<(typeof refreshTokens.$inferSelect)['revokedReason']>;

interface Ended extends SessionRef {
  readonly reason: EndReason;
}

/** Live sessions of one user; one more ends the one that is idle longest. */
const MOST_SESSIONS = 100;

@Injectable()
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly users: Users,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  /** @returns undefined when the user changed since the proof (password, role, logout-all, disabled): prove again. */
  async start(user: ProvenUser, wish: SessionWish, caller: Caller): Promise<Grant | undefined> {
    const idleDays = wish.persistent ? this.config.REFRESH_REMEMBER_DAYS : this.config.REFRESH_IDLE_DAYS;
    const clock = await this.database.execute<{ now: string; absolute: string }>(sql`
      select now, now + make_interval(days => ${this.config.REFRESH_ABSOLUTE_DAYS}) as absolute
        from protocol_now() as now`);
    const now = new Date(clock.rows[0]?.now ?? Number.NaN);
    const absoluteExpiresAt = new Date(clock.rows[0]?.absolute ?? Number.NaN);
    const expiresAt = new Date(Math.min(now.getTime() + idleDays * 86_400_000, absoluteExpiresAt.getTime()));
    const sessionId = uuidv7();
    const first = firstRefreshToken(user.id);
    const subject = { ...user, userId: user.id, sessionId, authenticatedAt: now, methods: wish.methods };
    const accessToken = await this.accessTokens.sign(subject, now, absoluteExpiresAt);

    const ended = await inTransaction(this.database, async (tx) => {
      // The lock waits for a change of the user that is under way, and then judges its result; sign-ins take turns.
      const { rowCount } = await tx.execute(sql`
        insert into ${refreshTokens} (user_id, family, id, token, session_epoch, persistent, transport, methods,
               authenticated_at, rotated_at, created_at, expires_at, absolute_expires_at,
               created_by_ip, rotated_by_ip, user_agent, rotated_user_agent)
        select u.id, ${familyOf(first)}, ${sessionId}, ${hashOf(first)}, u.session_epoch, ${wish.persistent},
               ${wish.transport}, ${sql.param([...wish.methods])}, ${now}, ${now}, ${now}, ${expiresAt}, ${absoluteExpiresAt},
               ${caller.ip}::inet, ${caller.ip}::inet, ${caller.userAgent}, ${caller.userAgent}
          from ${users} u
         where u.id = ${user.id} and u.disabled_at is null and u.password_hash is not distinct from ${user.passwordHash}
           and u.session_epoch = ${user.sessionEpoch} and u.token_version = ${user.tokenVersion}
           for no key update`);
      if (rowCount !== 1) return undefined;
      return [...(await this.endReplaced(tx, wish.replaces, caller)), ...(await this.endSurplus(tx, user.id, caller))];
    });
    if (!ended) return undefined;

    const { transport, persistent } = wish;
    this.report(ended, caller);
    this.audit.record({ type: 'login.succeeded', userId: user.id, sessionId, transport, persistent }, caller);
    const session = { id: sessionId, transport, persistent, expiresAt };
    return { user: toPublicUser(user), session, accessToken, refreshToken: formatRefreshToken(first), issuedAt: now };
  }

  /** Ends one session at once: its refresh token, and every access token that it has or is just getting. */
  async end(session: SessionRef, caller: Caller): Promise<void> {
    const ended = await inTransaction(this.database, async (tx) => {
      // Though no row may be left to end: after this has answered, no token of the session is accepted.
      await this.revocations.denySessions(tx, session.userId, [session.sessionId]);
      return this.endWhere(tx, session.userId, sql`id = ${session.sessionId}`, 'logout', caller);
    });
    this.report(ended, caller);
  }

  /** Ends the session of a refresh token. Any token of the family will do: whoever knows its selector held it. */
  async endByRefreshToken(text: string, caller: Caller): Promise<void> {
    const token = parseRefreshToken(text);
    if (!token) return;
    const [found] = await this.database
      .select({ userId: refreshTokens.userId, sessionId: refreshTokens.id })
      .from(refreshTokens)
      .where(and(eq(refreshTokens.userId, token.userId), eq(refreshTokens.family, familyOf(token))));
    if (found) await this.end(found, caller);
  }

  /**
   * Ends those of a user's own sessions that a condition picks.
   * @returns how many there were
   */
  async endOwn(userId: string, which: SQL, caller: Caller): Promise<number> {
    const ended = await inTransaction(this.database, (tx) => this.endWhere(tx, userId, which, 'ended_by_user', caller));
    this.report(ended, caller);
    return ended.length;
  }

  /** Every session and every access token of the user. The counters also catch a sign-in that is under way. */
  async endAll(userId: string, caller: Caller): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      await this.users.bumpBoth(tx, userId);
      await this.endWhere(tx, userId, sql`true`, 'logout_all', caller);
    });
    this.audit.record({ type: 'logout_all', userId }, caller);
  }

  private async endReplaced(tx: Queries, session: SessionRef | undefined, caller: Caller): Promise<Ended[]> {
    return session ? this.endWhere(tx, session.userId, sql`id = ${session.sessionId}`, 'replaced', caller) : [];
  }

  private endSurplus(tx: Queries, userId: string, caller: Caller): Promise<Ended[]> {
    const surplus = sql`id in (
      select s.id from ${refreshTokens} s, protocol_now() as now
       where s.user_id = ${userId} and not s.revoked and s.expires_at > now and s.absolute_expires_at > now
       order by s.rotated_at desc offset ${MOST_SESSIONS})`;
    return this.endWhere(tx, userId, surplus, 'too_many', caller);
  }

  private async endWhere(tx: Queries, userId: string, which: SQL, reason: EndReason, caller: Caller): Promise<Ended[]> {
    const { rows } = await tx.execute<{ id: string }>(sql`
      update ${refreshTokens} set revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${caller.ip}::inet,
             revoked_reason = ${reason}, previous_token = null
       where user_id = ${userId} and not revoked and ${which} returning id`);
    if (rows.length > 0)
      await this.revocations.denySessions(
        tx,
        userId,
        rows.map(({ id }) => id),
      );
    return rows.map(({ id }) => ({ userId, sessionId: id, reason }));
  }

  /** After the commit: what was rolled back did not happen. */
  private report(ended: readonly Ended[], caller: Caller): void {
    for (const session of ended) this.audit.record({ type: 'session.ended', ...session }, caller);
  }
}
