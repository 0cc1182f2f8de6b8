// Starts sessions. A session is one row of refresh_tokens from its sign-in to its end (session-end.ts).
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { QueryResultRow } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction, readThenWrite } from '../database/transactions.js';
import { given, Prepared } from '../database/prepared.js';
import { refreshTokens, users } from '../database/schema.js';
import type { Transport } from '../database/vocabularies.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { familyOf, firstRefreshToken, formatRefreshToken, hashOf } from '../tokens/refresh-token.js';
import { toPublicUser, type User } from '../users/users.js';
import type { IssuedTokens } from './issued-tokens.js';
import { SessionEnd } from './session-end.js';

/** A user whose identity was proven, with the counters that were read together with the credential. */
export type ProvenUser = Pick<
  User,
  'id' | 'email' | 'role' | 'emailVerifiedAt' | 'credentialVersion' | 'tokenVersion' | 'sessionEpoch'
>;

export interface SessionWish {
  readonly transport: Transport;
  readonly persistent: boolean;
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

/** Whoever signs in this soon after the service ended their session was probably an honest client. */
const FORCED_END_SECONDS = 60;
/** Live sessions per user. A further sign-in ends the session that has been idle longest. */
const MAX_SESSIONS = 100;
/**
 * Below this a sign-in is one statement that ends no session. More than 50 simultaneous sign-ins can exceed the maximum
 * until the next sign-in.
 */
const MANY_SESSIONS = MAX_SESSIONS / 2;
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
    const read = (tx: Transaction) => this.unchanged(tx, user, wish, caller);
    const write = (tx: Transaction, seen: Seen | undefined) => seen && this.begin(tx, user, wish, seen, caller);
    const { first } = wish;
    const begun = await (first
      ? inTransaction(this.database, async (tx) => ((await first(tx)) ? write(tx, await read(tx)) : undefined))
      : readThenWrite(this.database, read, async (tx, seen) => write(tx, seen)));
    if (!begun) return undefined;
    const { session, subject, token, now } = begun;
    const accessToken = await this.accessTokens.sign(subject, now, begun.absoluteExpiresAt, signer);
    return { user: toPublicUser(user), session, accessToken, refreshToken: formatRefreshToken(token), issuedAt: now };
  }

  /**
   * The row lock waits for a concurrent change of the user, then sees its result; sign-ins of one user take turns. Read
   * with it: the database's time, the number of live sessions, and whether this browser just lost one by force.
   */
  private async unchanged(tx: Transaction, user: ProvenUser, { maxHours = Infinity }: SessionWish, caller: Caller) {
    const { id: userId, credentialVersion, sessionEpoch, tokenVersion } = user;
    const absoluteHours = Math.min(24 * this.config.REFRESH_ABSOLUTE_DAYS, maxHours);
    const versions = { userId, credentialVersion, sessionEpoch, tokenVersion };
    const [seen] = await unchanged.runIn(tx, { ...versions, absoluteHours, userAgent: caller.userAgent });
    return seen;
  }

  private async begin(tx: Transaction, user: ProvenUser, wish: SessionWish, seen: Seen, caller: Caller) {
    const { now, absoluteExpiresAt, afterForcedEnd, live } = seen;
    const { transport, persistent, methods, provider, within, replaces: replaced, alongside } = wish;
    const [userId, id, token] = [user.id, uuidv7(), firstRefreshToken(user.id)];
    const idleDays = persistent ? this.config.REFRESH_REMEMBER_DAYS : this.config.REFRESH_IDLE_DAYS;
    const expiresAt = new Date(Math.min(now.getTime() + idleDays * 86_400_000, absoluteExpiresAt.getTime()));
    const authenticatedAt = earlierOf(wish.authenticatedAt, now);
    const where = provider === undefined ? {} : { provider };
    const details = { transport, persistent, methods, ...where, afterForcedEnd };
    const times = { now, authenticatedAt, expiresAt, absoluteExpiresAt };
    const [family, hash] = [familyOf(token), hashOf(token)];
    const kind = { transport, persistent, methods, sessionEpoch: user.sessionEpoch };
    const values = { userId, id, family, hash, ...kind, ...times, ip: caller.ip, userAgent: caller.userAgent };
    const row = () => started.runIn(tx, values);
    const event = () => this.audit.record(tx, [{ type: 'login.succeeded', userId, sessionId: id, ...details }], caller);

    if (within || replaced || live >= MANY_SESSIONS || alongside) {
      await row();
      await event();
      await this.alsoIn(tx, id, user.id, wish, live, caller);
    } else for (const write of [row, event]) tx.withCommit(write);
    const subject = { ...user, userId, sessionId: id, authenticatedAt, methods };
    const session = { id, transport, persistent, generation: token.generation, expiresAt };
    return { session, subject, token, now, absoluteExpiresAt };
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

/** A provider's clock may be ahead. */
const earlierOf = (at: Date | undefined, now: Date) => (at && at < now ? at : now);

interface Seen extends QueryResultRow {
  readonly now: Date;
  readonly absoluteExpiresAt: Date;
  readonly afterForcedEnd: boolean;
  readonly live: number;
}

const unchanged = new Prepared<Seen>(
  'user_unchanged',
  sql`
  select now, now + make_interval(hours => ${given('absoluteHours')}::int) as "absoluteExpiresAt",
         exists (select from ${refreshTokens}
                  where user_id = ${given('userId')} and revoked and revoked_reason in ('reuse', 'too_many')
                    and revoked_at > now - make_interval(secs => ${FORCED_END_SECONDS})
                    and rotated_user_agent is not distinct from ${given('userAgent')}) as "afterForcedEnd",
         (select count(*)::int from ${refreshTokens} where user_id = ${given('userId')} and not revoked) as live
    from ${users} u, protocol_now() as now
   where u.id = ${given('userId')} and u.disabled_at is null
     and u.credential_version = ${given('credentialVersion')} and u.session_epoch = ${given('sessionEpoch')}
     and u.token_version = ${given('tokenVersion')}
     for no key update of u`,
  true,
);

const started = new Prepared<object>(
  'start_session',
  sql`
  insert into ${refreshTokens} (user_id, family, id, token, session_epoch, persistent, transport, methods,
         authenticated_at, rotated_at, created_at, expires_at, absolute_expires_at,
         created_by_ip, rotated_by_ip, user_agent, rotated_user_agent)
  values (${given('userId')}, ${given('family')}, ${given('id')}, ${given('hash')}, ${given('sessionEpoch')},
          ${given('persistent')}, ${given('transport')}, ${given('methods')}, ${given('authenticatedAt')},
          ${given('now')}, ${given('now')}, ${given('expiresAt')}, ${given('absoluteExpiresAt')},
          ${given('ip')}::inet, ${given('ip')}::inet, ${given('userAgent')}, ${given('userAgent')})`,
  true,
);

const idleLongest = (userId: string) => sql`id in (
  select s.id from ${refreshTokens} s, protocol_now() as now
   where s.user_id = ${userId} and not s.revoked and s.expires_at > now and s.absolute_expires_at > now
   order by s.rotated_at desc offset ${MAX_SESSIONS})`;
