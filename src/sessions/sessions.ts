// Starts sessions. A session is one row of refresh_tokens from its sign-in to its end (session-end.ts).
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, type Transaction } from '../database/database.js';
import { inOneRoundTrip, inTransaction, readThenWrite } from '../database/transactions.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Transport } from '../database/schema/vocabularies.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { familyOf, firstRefreshToken, formatRefreshToken, hashOf } from '../tokens/refresh-token.js';
import { toPublicUser, type User } from '../users/users.js';
import type { IssuedTokens } from './issued-tokens.js';
import { SessionEnd } from './session-end.js';
import {
  eventOfStarted,
  MANY_SESSIONS,
  MAX_SESSIONS,
  type Seen,
  started,
  startedAtOnce,
  type Times,
  unchanged,
} from './session-start.js';

/** A user whose identity was proven, with the counters that were read together with the credential. */
export type ProvenUser = Pick<
  User,
  'id' | 'email' | 'role' | 'emailVerifiedAt' | 'credentialVersion' | 'tokenVersion' | 'sessionEpoch'
>;

export interface SessionWish {
  readonly transport: Transport;
  readonly persistent: boolean;
  /** The thumbprint of the key that it is bound to for life (RFC 7638). */
  readonly jkt?: string | undefined;
  /** How the user was authenticated (RFC 8176). */
  readonly methods: readonly string[];
  /** When; now by default. */
  readonly authenticatedAt?: Date | undefined;
  /** Begins the transaction of the session; where it returns false, no session starts. */
  readonly first?: ((tx: Transaction) => Promise<boolean>) | undefined;
  /** The browser's old session, which this one replaces; it may be another user's. */
  readonly replaces?: SessionRef | undefined;
  /** Where the person signed in, for the event. */
  readonly provider?: string | undefined;
  /** Caps its absolute life. */
  readonly maxHours?: number | undefined;
  /** A part of its start: where it throws, no session starts. */
  readonly within?: ((tx: Transaction, sessionId: string) => Promise<void>) | undefined;
  /** Written together with the session, unless it is the first one of a new account. */
  readonly alongside?: ((tx: Transaction) => Promise<void>) | undefined;
}

/** Not longer than an ended session is kept (purge.ts): an account of this age without one has had none. */
const NEW_ACCOUNT_DAYS = 7;

@Injectable()
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly accessTokens: AccessTokens,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  /** @returns undefined if the user changed since the proof (password, factor, role, logout-all, disabled): prove again */
  async start(user: ProvenUser, wish: SessionWish, caller: Caller): Promise<IssuedTokens | undefined> {
    const signer = await this.accessTokens.signer(); // before there is a session: a key store may be down for long
    const isAlone = !wish.first && !wish.within && !wish.replaces && !wish.alongside;
    const begun =
      (isAlone ? await this.beginAtOnce(user, wish, caller) : undefined) ??
      (await this.lookAndBegin(user, wish, caller));
    if (!begun) return undefined;
    const { session, subject, token, now, absoluteExpiresAt } = begun;
    const accessToken = await this.accessTokens.sign(subject, now, absoluteExpiresAt, signer);
    return { user: toPublicUser(user), session, accessToken, refreshToken: formatRefreshToken(token), issuedAt: now };
  }

  /** @returns undefined if it takes a look first, or the user changed */
  private async beginAtOnce(user: ProvenUser, wish: SessionWish, caller: Caller): Promise<Begun | undefined> {
    const one = newSession(user, wish, caller);
    const { userId, id } = one.values;
    const values = { ...one.values, ...this.limits(user, wish), authenticatedAt: wish.authenticatedAt };
    const event = { ...one.event, afterForcedEnd: false };
    const [[times]] = await inOneRoundTrip(this.database, (tx) =>
      Promise.all([
        startedAtOnce.runIn(tx, values),
        this.audit.recordFrom(tx, eventOfStarted, { userId, id }, event, caller),
      ]),
    );
    if (!times) return undefined;
    this.audit.note(event, caller);
    return begunOf(user, one, times);
  }

  private lookAndBegin(user: ProvenUser, wish: SessionWish, caller: Caller): Promise<Begun | undefined> {
    const { first } = wish;
    const read = async (tx: Transaction) => {
      const [seen] = await unchanged.runIn(tx, { ...this.limits(user, wish), userAgent: caller.userAgent });
      return seen;
    };
    const write = (tx: Transaction, seen: Seen | undefined) => seen && this.begin(tx, user, wish, seen, caller);
    return first
      ? inTransaction(this.database, async (tx) => ((await first(tx)) ? write(tx, await read(tx)) : undefined))
      : readThenWrite(this.database, read, async (tx, seen) => write(tx, seen));
  }
  private async begin(tx: Transaction, user: ProvenUser, wish: SessionWish, seen: Seen, caller: Caller) {
    const { now, absoluteExpiresAt, afterForcedEnd, live } = seen;
    const one = newSession(user, wish, caller);
    const expiresAt = new Date(Math.min(now.getTime() + this.idleHours(wish) * 3_600_000, absoluteExpiresAt.getTime()));
    const times = { now, authenticatedAt: earlierOf(wish.authenticatedAt, now), expiresAt, absoluteExpiresAt };
    const row = started.runIn(tx, { ...one.values, ...times });
    await Promise.all([row, this.audit.record(tx, [{ ...one.event, afterForcedEnd }], caller)]);
    await this.alsoIn(tx, one.values.id, user.id, wish, live, caller);
    return begunOf(user, one, times);
  }

  /** With what the statements ask of the user, who must not have changed. */
  private limits(user: ProvenUser, wish: SessionWish) {
    const { id: userId, credentialVersion, sessionEpoch, tokenVersion } = user;
    const absoluteHours = Math.min(24 * this.config.REFRESH_ABSOLUTE_DAYS, wish.maxHours ?? Infinity);
    return { userId, credentialVersion, sessionEpoch, tokenVersion, absoluteHours, idleHours: this.idleHours(wish) };
  }

  private idleHours({ persistent }: SessionWish): number {
    return 24 * (persistent ? this.config.REFRESH_REMEMBER_DAYS : this.config.REFRESH_IDLE_DAYS);
  }

  /** What goes with some sessions, once their row is there. Redis need not confirm the end of others: the outbox retries it. */
  private async alsoIn(tx: Transaction, id: string, userId: string, wish: SessionWish, live: number, caller: Caller) {
    const { within, replaces: replaced, alongside } = wish;
    if (within) await within(tx, id);
    const which = sql`id = ${replaced?.sessionId}`;
    const old = replaced ? await this.sessionEnd.mark(tx, replaced.userId, which, 'replaced', caller) : [];
    const hasMany = live >= MANY_SESSIONS;
    const surplus = hasMany ? await this.sessionEnd.mark(tx, userId, idleLongest(userId), 'too_many', caller) : [];
    if (old.length + surplus.length > 0) await this.revocations.end(tx, { sessions: [...old, ...surplus] });
    if (alongside && !(await this.isFirst(tx, userId, id))) await alongside(tx);
  }

  private async isFirst(tx: Transaction, userId: string, id: string): Promise<boolean> {
    const { rows } = await tx.execute(sql`
      select from ${users} u
       where u.id = ${userId} and u.created_at > protocol_now() - make_interval(days => ${NEW_ACCOUNT_DAYS})
         and not exists (select from ${refreshTokens} s where s.user_id = u.id and s.id <> ${id})`);
    return rows.length === 1;
  }
}

function newSession(user: ProvenUser, wish: SessionWish, { ip, userAgent }: Caller) {
  const { transport, persistent, methods, provider } = wish;
  const [userId, id, token] = [user.id, uuidv7(), firstRefreshToken(user.id)];
  const kind = { transport, persistent, methods };
  const jkt = wish.jkt ?? null;
  const [family, hash] = [familyOf(token), hashOf(token)];
  return {
    token,
    values: { userId, id, family, hash, ...kind, sessionEpoch: user.sessionEpoch, jkt, ip, userAgent },
    event: { type: 'login.succeeded', userId, sessionId: id, ...kind, ...(provider === undefined ? {} : { provider }) },
  } as const;
}

function begunOf(user: ProvenUser, { token, values }: ReturnType<typeof newSession>, times: Times) {
  const { userId, id, transport, persistent, methods, jkt } = values;
  const { now, authenticatedAt, expiresAt, absoluteExpiresAt } = times;
  const subject = { ...user, userId, sessionId: id, authenticatedAt, methods, jkt };
  const session = { id, transport, persistent, generation: token.generation, expiresAt };
  return { session, subject, token, now, absoluteExpiresAt };
}

type Begun = ReturnType<typeof begunOf>;

/** A provider's clock may be ahead. */
const earlierOf = (at: Date | undefined, now: Date) => (at && at < now ? at : now);

const idleLongest = (userId: string) => sql`id in (
  select s.id from ${refreshTokens} s, protocol_now() as now
   where s.user_id = ${userId} and not s.revoked and s.expires_at > now and s.absolute_expires_at > now
   order by s.rotated_at desc offset ${MAX_SESSIONS})`;
