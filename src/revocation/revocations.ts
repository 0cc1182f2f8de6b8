// Says whether an access token is dead before its time, and ends tokens so that every instance says
// so. PostgreSQL is the truth; Redis, where there is one, remembers it for under a minute.
import { Injectable } from '@nestjs/common';
import { bulkhead, type BulkheadPolicy, BulkheadRejectedError } from 'cockatiel';
import { type SQL, sql } from 'drizzle-orm';
import { Config } from '../config/config.js';
import type { Database, Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { TimedOut, withTimeout } from '../runtime/with-timeout.js';
import type { Confirmation } from './confirmation.js';
import { countersOf, deny, denyFrom, denyOlder, denyWhole, overDenials, overSubjects } from './denials.js';
import { Endings } from './endings.js';
import { outlived, Outbox } from './outbox.js';
import { RevocationMetrics } from './revocation-metrics.js';
import type { Recent } from './recent-endings.js';
import { SharedReads } from './shared-reads.js';
import { TruthReads } from './truth-reads.js';
import { type Claims, judge, type Truth, type Verdict } from './verdict.js';
import { VerdictCache } from './verdict-cache.js';

/** Reads that may wait while Redis is away; beyond, the answer is 503 at once. */
const WAITING_READS = 1_000;

/**
 * Where PostgreSQL alone is asked. A silent one must not hold up thousands one batch after the
 * other.
 */
const MAX_READ_MS = 6_000;

/** What an act ends. */
export interface Ended {
  /** Users whose counters have moved: every token of an older version is dead. */
  readonly users?: readonly string[];
  /** Users who are about to be deleted in the same transaction: afterwards their sessions would be gone, too. */
  readonly removed?: readonly string[];
  /** Users of whom Redis is to forget what it knows: nothing else has moved, or everybody's entry covers it. */
  readonly told?: readonly string[];
  readonly sessions?: readonly { userId: string; sessionId: string }[];
  /** Single access tokens; their session lives on (RFC 7009). */
  readonly tokens?: readonly { userId: string; tokenId: string }[];
}

@Injectable()
export class Revocations {
  private readonly reads = new SharedReads<Truth | undefined>();
  /** Sign-ins and refreshes keep half of the connections, whatever Redis does. */
  private readonly bulkhead: BulkheadPolicy;

  constructor(
    private readonly truthReads: TruthReads,
    private readonly cache: VerdictCache,
    private readonly outbox: Outbox,
    private readonly config: Config,
    private readonly metrics: RevocationMetrics,
    private readonly endings: Endings,
  ) {
    this.bulkhead = bulkhead(Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 2)), WAITING_READS);
  }

  /**
   * @param skipsVerdictCache ask PostgreSQL whatever Redis knows, for acts that must not rest on a
   * memory
   * @throws when neither can answer in time: the request then has no verdict, and is neither
   * accepted nor refused
   */
  async verdictFor(claims: Claims, skipsVerdictCache = false): Promise<Verdict> {
    if (skipsVerdictCache || !this.cache.isUsed) {
      this.metrics.countVerdict('postgres');
      return judge(await inTime(this.truthReads.ofToken(claims), MAX_READ_MS), claims);
    }
    let isAnswering = true;
    const known = await this.cache.check(claims).catch(() => {
      this.metrics.countVerdict('redis_error');
      isAnswering = false;
      return undefined;
    });
    if (known) {
      this.metrics.countVerdict('redis');
      return known;
    }
    this.metrics.countVerdict('rebuild');
    const rebuilt = this.reads.read(claims.sub, () => this.rebuild(claims.sub, isAnswering));
    const truth = rebuilt.then((whole) => whole ?? this.truthReads.ofToken(claims));
    return judge(await inTime(truth, this.config.VERDICT_TIMEOUT_MS), claims);
  }

  /**
   * The lease is taken before the read: a revocation after it deletes the lease, and what was read
   * is then not written. A Redis that has just failed to answer is not asked a second time.
   * @returns undefined when there is more than an entry may hold
   */
  private async rebuild(userId: string, isAnswering: boolean): Promise<Truth | undefined> {
    const lease = isAnswering ? await this.cache.lease(userId) : undefined;
    const truth = await this.bulkhead.execute(() => this.truthReads.ofUser(userId));
    if (truth && lease && !(await this.cache.fill(userId, lease, truth))) this.metrics.countLeaseLoss();
    return truth;
  }

  /**
   * Ends access tokens for good, in the transaction of the act that ends them. Called once for each
   * act. A session is denied by its `sid` and not token by token: a refresh in flight signs another
   * token of the same session.
   * @returns filled in once the transaction is committed
   */
  async end(
    tx: Transaction,
    { users = [], removed = [], told = [], sessions = [], tokens = [] }: Ended,
  ): Promise<Confirmation> {
    const owners = new Set([...sessions, ...tokens].map(({ userId }) => userId));
    for (const owner of owners) {
      const isTheirs = ({ userId }: { userId: string }) => userId === owner;
      const sids = sessions.filter(isTheirs).map(({ sessionId }) => sessionId);
      const jtis = tokens.filter(isTheirs).map(({ tokenId }) => tokenId);
      await deny(tx, 's', owner, sids);
      await deny(tx, 'j', owner, jtis);
    }
    for (const userId of users) await denyOlder(tx, userId);
    for (const userId of removed) await denyWhole(tx, userId);
    const known = await countersOf(tx, [...users, ...removed, ...told]);
    tx.afterCommit(() => {
      this.endings.recent.remember([
        ...known,
        ...sessions.map(({ userId, sessionId }) => ({ kind: 's', userId, ref: sessionId }) as const),
        ...tokens.map(({ userId, tokenId }) => ({ kind: 'j', userId, ref: tokenId }) as const),
      ]);
      this.endings.tell();
    });
    return this.outbox.add(tx, new Set([...users, ...removed, ...told, ...owners]));
  }

  /**
   * The end of a session as common table expressions of a larger statement, for each row (user_id,
   * id) of `source`. `invalidate` follows it.
   */
  expressionsFor(source: SQL, isWanted: boolean): SQL {
    return sql`denied as (${denyFrom(source, isWanted)}), told as (${this.outbox.insertFrom(source, isWanted)})`;
  }

  /**
   * Drops what Redis knows of a user. A failure is covered by the outbox row of `expressionsFor`.
   * @param sessionId the session that those expressions have ended
   */
  async invalidate(userId: string, sessionId: string): Promise<void> {
    this.endings.recent.remember([{ kind: 's', userId, ref: sessionId }]);
    this.endings.tell();
    await this.cache.invalidate([userId]);
  }

  /** What this instance has ended within the life of an access token. */
  recent(): readonly Recent[] {
    return this.endings.recent.all();
  }

  /** @returns how many revocations went that cover nothing any more */
  async purge(database: Database): Promise<number> {
    const uncounted = () => undefined;
    const denials = await overDenials.run(database, uncounted);
    const subjects = await overSubjects.run(database, uncounted);
    await outlived.run(database, uncounted);
    return denials + subjects;
  }
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  try {
    return await withTimeout(ms, work);
  } catch (error) {
    if (error instanceof TimedOut || error instanceof BulkheadRejectedError)
      throw new Refusal('unavailable', { cause: error });
    throw error;
  }
}
