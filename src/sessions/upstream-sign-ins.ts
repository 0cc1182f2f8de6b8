// Keeps what is known of sign-ins at a provider, and binds each to the one session that begins with it.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Transaction } from '../database/database.js';
import { Purging } from '../database/purging.js';
import { refreshTokens } from '../database/schema/users-and-sessions.js';
import { upstreamSignIns } from '../database/schema/upstream.js';
import { Refusal } from '../errors.js';
import { KeyEncryption, nameOfRow } from '../keys/key-encryption.js';
import type { SessionRef } from '../tokens/auth-session.js';
import type { SessionWish } from './sessions.js';

export interface UpstreamSignIn {
  readonly userId: string;
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly emailSeen: string | undefined;
  /** `['mfa']` where the provider is trusted to have asked for two factors, else none (RFC 8176). */
  readonly methods: readonly string[];
  /** When the provider asked who they are; undefined where it does not say. */
  readonly authenticatedAt: Date | undefined;
  /** The provider's session. */
  readonly sid: string | undefined;
  readonly idToken: string | undefined;
  readonly maxSessionHours: number | undefined;
}

/** What a logout at the provider names: its session, its subject, or both. */
export interface UpstreamLogoutOf {
  readonly sid?: string | undefined;
  readonly subject?: string | undefined;
}

export interface KeptSignIn extends Omit<
  UpstreamSignIn,
  'emailSeen' | 'authenticatedAt' | 'sid' | 'idToken' | 'maxSessionHours'
> {
  readonly id: string;
  readonly sessionId: string | null;
  readonly emailSeen: string | null;
  readonly authenticatedAt: Date | null;
  readonly sid: string | null;
  readonly idTokenSealed: Buffer | null;
  readonly maxSessionHours: number | null;
}

/** Those that no session began with: they wait for a code of a minute or a ticket of minutes at most. */
export const waitingSignIns = new Purging({
  table: upstreamSignIns,
  isOver: sql`session_id is null and created_at <= protocol_now() - interval '1 hour'`,
  by: upstreamSignIns.createdAt,
});

@Injectable()
export class UpstreamSignIns {
  constructor(
    private readonly database: Database,
    private readonly encryption: KeyEncryption,
  ) {}

  /** @returns the id that a proof carries (`Proof.upstreamSignInId`) until its session starts */
  async record(tx: Transaction, { userId, idToken, ...rest }: UpstreamSignIn): Promise<string> {
    const id = uuidv7();
    const idTokenSealed =
      idToken === undefined ? null : this.encryption.seal(Buffer.from(idToken), nameOfRow([userId, id]));
    await tx.insert(upstreamSignIns).values({ ...rest, userId, id, idTokenSealed, methods: [...rest.methods] });
    return id;
  }

  async find(userId: string, id: string): Promise<KeptSignIn | undefined> {
    return this.one(sql`user_id = ${userId} and id = ${id}`);
  }

  async ofSession(userId: string, sessionId: string): Promise<KeptSignIn | undefined> {
    return this.one(sql`user_id = ${userId} and session_id = ${sessionId}`);
  }

  /**
   * Of a logout at the provider: the sessions, to be ended in the same transaction. A sign-in that still waits for its
   * session gets none any more. The row's lock waits for a session that is starting.
   * @param which `sid`, `subject`, or the sessions that have both
   */
  async loggedOut(tx: Transaction, issuer: string, which: UpstreamLogoutOf): Promise<readonly SessionRef[]> {
    const { sid = null, subject = null } = which;
    if (sid === null && subject === null) return [];
    const isMeant = sql`u.issuer = ${issuer} and (${sid}::text is null or u.sid = ${sid})
      and (${subject}::text is null or u.subject = ${subject})`;
    const { rows } = await tx.execute<{ userId: string }>(sql`
      select distinct user_id as "userId" from ${upstreamSignIns} u where ${isMeant} order by user_id`);
    const sessions: SessionRef[] = [];
    for (const { userId } of rows) sessions.push(...(await this.loggedOutOf(tx, userId, isMeant)));
    return sessions;
  }

  /** User by user: the rows of one are locked together. */
  private async loggedOutOf(tx: Transaction, userId: string, isMeant: SQL): Promise<readonly SessionRef[]> {
    const { rows } = await tx.execute<{ id: string; sessionId: string | null }>(sql`
      select id, session_id as "sessionId" from ${upstreamSignIns} u
       where u.user_id = ${userId} and ${isMeant}
         and (u.session_id is null or exists (
               select from ${refreshTokens} s where s.user_id = u.user_id and s.id = u.session_id and not s.revoked))
       order by u.id for update`);
    const waiting = rows.filter(({ sessionId }) => sessionId === null).map(({ id }) => id);
    if (waiting.length > 0)
      await tx.execute(sql`
        delete from ${upstreamSignIns} where user_id = ${userId}
           and id = any(${sql.param(waiting)}::uuid[]) and session_id is null`);
    return rows.flatMap(({ sessionId }) => (sessionId === null ? [] : [{ userId, sessionId }]));
  }

  /** @returns the ID token in plain text */
  idTokenOf({ userId, id, idTokenSealed }: KeptSignIn): string | undefined {
    return idTokenSealed === null ? undefined : this.encryption.open(idTokenSealed, nameOfRow([userId, id])).toString();
  }

  /**
   * What it adds to the start of its session, which throws `upstream_request_invalid` if one began with it before.
   * @returns undefined if it is gone: the person has signed out at the provider meanwhile
   */
  async effectsOf(
    userId: string,
    id: string,
  ): Promise<Pick<SessionWish, 'provider' | 'maxHours' | 'within'> | undefined> {
    const kept = await this.find(userId, id);
    if (!kept) return undefined;
    const within = (tx: Transaction, sessionId: string) => this.bind(tx, userId, id, sessionId);
    return { provider: kept.provider, maxHours: kept.maxSessionHours ?? undefined, within };
  }

  private async bind(tx: Transaction, userId: string, id: string, sessionId: string): Promise<void> {
    const { rowCount } = await tx.execute(sql`
      update ${upstreamSignIns} set session_id = ${sessionId}
       where user_id = ${userId} and id = ${id} and session_id is null`);
    if (rowCount !== 1) throw new Refusal('upstream_request_invalid');
  }

  private async one(which: SQL): Promise<KeptSignIn | undefined> {
    const [row] = await this.database.select().from(upstreamSignIns).where(which);
    return row;
  }
}
