// How does a session start and end? A session is one row of refresh_tokens, from its sign-in to its end.
import { Injectable } from '@nestjs/common';
import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, type Queries } from '../database/database.js';
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

type EndReason = 'logout' | 'replaced';

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

    const isStarted = await this.database.transaction(async (tx) => {
      // FOR SHARE waits for a change of the user that is under way, and then judges its result.
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
           for share`);
      if (rowCount !== 1) return false;
      if (wish.replaces) await this.endOne(tx, wish.replaces, 'replaced', caller);
      return true;
    });
    if (!isStarted) return undefined;

    const { transport, persistent } = wish;
    this.audit.record({ type: 'login.succeeded', userId: user.id, sessionId, transport, persistent }, caller);
    const session = { id: sessionId, transport, persistent, expiresAt };
    return { user: toPublicUser(user), session, accessToken, refreshToken: formatRefreshToken(first), issuedAt: now };
  }

  /** Ends the session at once: its refresh token, and every access token that it has or is just getting. */
  async end(session: SessionRef, caller: Caller): Promise<void> {
    await this.database.transaction((tx) => this.endOne(tx, session, 'logout', caller));
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

  /** Every session and every access token of the user. The counters also catch a sign-in that is under way. */
  async endAll(userId: string, caller: Caller): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.users.bumpBoth(tx, userId);
      await tx.execute(sql`
        update ${refreshTokens} set revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${caller.ip}::inet,
               revoked_reason = 'logout_all', previous_token = null
         where user_id = ${userId} and not revoked`);
    });
    this.audit.record({ type: 'logout_all', userId }, caller);
  }

  private async endOne(tx: Queries, ref: SessionRef, reason: EndReason, caller: Caller): Promise<void> {
    const ended = await tx.execute(sql`
      update ${refreshTokens} set revoked = true, revoked_at = protocol_now(), revoked_by_ip = ${caller.ip}::inet,
             revoked_reason = ${reason}, previous_token = null
       where user_id = ${ref.userId} and id = ${ref.sessionId} and not revoked`);
    if (ended.rowCount === 0) return;
    await this.revocations.denySession(tx, ref.userId, ref.sessionId);
    this.audit.record({ type: 'session.ended', ...ref, reason }, caller);
  }
}
