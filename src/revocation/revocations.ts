// Is this access token dead before its time? PostgreSQL is the truth; Redis, where there is one, remembers it for under a minute.
import { Injectable } from '@nestjs/common';
import { bulkhead, type BulkheadPolicy, BulkheadRejectedError } from 'cockatiel';
import { type SQL, sql } from 'drizzle-orm';
import { Config } from '../config/config.js';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { accessRevocations, users } from '../database/schema.js';
import { Refusal } from '../errors.js';
import { MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';
import { batched } from './batched.js';
import type { Confirmation } from './confirmation.js';
import { Outbox } from './outbox.js';
import { RevocationMetrics } from './revocation-metrics.js';
import { SharedReads } from './shared-reads.js';
import { type Claims, judge, type Truth, type Verdict } from './verdict.js';
import { TimedOut, withTimeout } from '../runtime/with-timeout.js';
import { VerdictCache } from './verdict-cache.js';

/** A revocation is kept until the last token it covers has expired, and two minutes for clocks that differ. */
const REVOCATION_SECONDS = MAX_ACCESS_TOKEN_SECONDS + 120;

/** Reads that may wait while Redis is away; beyond, the answer is 503 at once. */
const WAITING_READS = 1_000;

/** Few statements with many questions each, for the verdicts that only PostgreSQL knows. */
const READS = { inFlight: 2, together: 100 };

/** Where PostgreSQL alone is asked. A silent one must not hold up thousands one batch after the other. */
const MAX_READ_MS = 6_000;

const GONE: Truth = { version: 'gone', revoked: [] };

/** What an act ends. */
export interface Ended {
  /** Users whose counters have moved: every token of an older version is dead. */
  readonly users?: readonly string[];
  readonly sessions?: readonly { userId: string; sessionId: string }[];
  /** Single access tokens; their session lives on (RFC 7009). */
  readonly tokens?: readonly { userId: string; tokenId: string }[];
}

@Injectable()
export class Revocations {
  private readonly reads = new SharedReads<Truth>();
  /** Sign-ins and refreshes keep half of the connections, whatever Redis does. */
  private readonly bulkhead: BulkheadPolicy;
  private readonly read = batched((many: readonly Claims[]) => this.readMany(many), READS);

  constructor(
    private readonly database: Database,
    private readonly cache: VerdictCache,
    private readonly outbox: Outbox,
    private readonly config: Config,
    private readonly metrics: RevocationMetrics,
  ) {
    this.bulkhead = bulkhead(Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 2)), WAITING_READS);
  }

  /**
   * @param skipsVerdictCache ask PostgreSQL whatever Redis knows, for acts that must not rest on a memory
   * @throws when neither can answer in time: the request then has no verdict, and is neither accepted nor refused
   */
  async verdictFor(claims: Claims, skipsVerdictCache = false): Promise<Verdict> {
    if (skipsVerdictCache || !this.cache.isUsed) {
      this.metrics.countVerdict('postgres');
      return judge(await this.inTime(this.read(claims), MAX_READ_MS), claims);
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
    return judge(await this.inTime(rebuilt, this.config.VERDICT_TIMEOUT_MS), claims);
  }

  /**
   * The lease before the read: whoever revokes after it deletes it, and what was read is then not written. A Redis that has
   * just failed to answer is not waited for a second time.
   */
  private async rebuild(userId: string, isAnswering: boolean): Promise<Truth> {
    const lease = isAnswering ? await this.cache.lease(userId) : undefined;
    const truth = await this.bulkhead.execute(() => this.readAll(userId));
    if (lease && !(await this.cache.fill(userId, lease, truth))) this.metrics.countLeaseLoss();
    return truth;
  }

  private async inTime<T>(work: Promise<T>, ms: number): Promise<T> {
    try {
      return await withTimeout(ms, work);
    } catch (error) {
      if (error instanceof TimedOut || error instanceof BulkheadRejectedError)
        throw new Refusal('unavailable', { cause: error });
      throw error;
    }
  }

  /** One statement for many. Who asks alone reads one user's rows, and so one partition where the tables have some. */
  private async readMany(many: readonly Claims[]): Promise<Truth[]> {
    const [only] = many;
    if (only && many.length === 1) return [await this.select(only.sub, sql`ref in (${only.sid}, ${only.jti})`)];
    const column = (name: 'sub' | 'sid' | 'jti') => sql`${sql.param(many.map((claims) => claims[name]))}::uuid[]`;
    const { rows } = await this.database.execute<{ at: string; version: number; revoked: string[] }>(sql`
      select at, u.token_version as version,
             array(select kind || ':' || ref from ${accessRevocations} where user_id = u.id and ref in (sid, jti)) as revoked
        from unnest(${column('sub')}, ${column('sid')}, ${column('jti')}) with ordinality as asked (user_id, sid, jti, at)
        join ${users} u on u.id = asked.user_id`);
    const found = new Map(rows.map(({ at, ...truth }) => [Number(at), truth]));
    return many.map((_, n) => found.get(n + 1) ?? GONE);
  }

  private readAll(userId: string): Promise<Truth> {
    return this.select(userId, sql`true`);
  }

  /** One statement, one user's rows: right on any number of instances. */
  private async select(userId: string, which: SQL): Promise<Truth> {
    const { rows } = await this.database.execute<{ version: number; revoked: string[] }>(sql`
      select u.token_version as version,
             array(select kind || ':' || ref from ${accessRevocations} where user_id = ${userId} and ${which}) as revoked
        from ${users} u where u.id = ${userId}`);
    return rows[0] ?? GONE;
  }

  /**
   * Ends access tokens for good, in the transaction of the act that ends them. Called once for each act. A session is
   * denied by its `sid` and not token by token: a refresh in flight signs another token of the same session.
   * @returns filled in once the transaction is committed
   */
  async end(tx: Transaction, { users = [], sessions = [], tokens = [] }: Ended): Promise<Confirmation> {
    const owners = new Set([...sessions, ...tokens].map(({ userId }) => userId));
    for (const owner of owners) {
      const isTheirs = ({ userId }: { userId: string }) => userId === owner;
      await this.deny(
        tx,
        's',
        owner,
        sessions.filter(isTheirs).map(({ sessionId }) => sessionId),
      );
      await this.deny(
        tx,
        'j',
        owner,
        tokens.filter(isTheirs).map(({ tokenId }) => tokenId),
      );
    }
    return this.outbox.add(tx, new Set([...users, ...owners]));
  }

  /**
   * The end of a session as common table expressions of a larger statement, for each row (user_id, id) of `source`.
   * `invalidate` follows it.
   */
  expressionsFor(source: SQL, isWanted: boolean): SQL {
    return sql`denied as (
        insert into ${accessRevocations} (user_id, kind, ref, expires_at)
        select user_id, 's', id, protocol_now() + make_interval(secs => ${REVOCATION_SECONDS}) from ${source} where ${isWanted}
        on conflict do nothing
      ), told as (${this.outbox.insertFrom(source, isWanted)})`;
  }

  /** Drops what Redis knows of a user. A failure is covered by the outbox row of `expressionsFor`. */
  async invalidate(userId: string): Promise<void> {
    await this.cache.invalidate([userId]);
  }

  private async deny(tx: Transaction, kind: 's' | 'j', userId: string, refs: readonly string[]): Promise<void> {
    if (refs.length === 0) return;
    await tx.execute(sql`
      insert into ${accessRevocations} (user_id, kind, ref, expires_at)
      select u.id, ${kind}, ref, protocol_now() + make_interval(secs => ${REVOCATION_SECONDS})
        from ${users} u, unnest(${sql.param([...refs])}::uuid[]) as ref
       where u.id = ${userId}
      on conflict do nothing`);
  }

  /** @returns how many of those that cover nothing any more went, at most `limit`. */
  async purge(queries: Queries, limit: number): Promise<number> {
    const { rowCount } = await queries.execute(sql`
      delete from ${accessRevocations} where (user_id, kind, ref) in (
        select user_id, kind, ref from ${accessRevocations} where expires_at < protocol_now()
         limit ${limit} for update skip locked)`);
    await this.outbox.purge(queries, limit);
    return rowCount ?? 0;
  }
}
