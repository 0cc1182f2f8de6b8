// The verdicts that Redis holds: everything about one user, for under a minute, written only by the
// holder of the lease (docs/protocols/revocation.md). Redis may lose everything: PostgreSQL then
// decides.
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Redis } from '../redis/redis.js';
import { withTimeout } from '../runtime/with-timeout.js';
import { Breakers } from './breakers.js';
import { batched } from './batched.js';
import { RevocationMetrics } from './revocation-metrics.js';
import { type Claims, decide, sessionRef, tokenRef, type Truth, type Verdict } from './verdict.js';

const LEASE_MS = 3_000;
const LIFE_MS = 50_000;
/** A revocation must be confirmed within this time, else the answer says that it is not. */
const CONFIRM_WITHIN_MS = 1_000;
const TRY_AGAIN_MS = 50;

const script = (name: string) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

const keyOf = (userId: string) => `auth:{${userId}}`;

/** Questions in one script call: more would hold up the server for other clients. */
const TOGETHER = 64;

/** What check.lua returns for one question. */
type Known = [version?: string, isTokenRevoked?: number, isSessionRevoked?: number];

const asked = (claims: Claims) => ({ key: keyOf(claims.sub), args: [tokenRef(claims), sessionRef(claims)] });

@Injectable()
export class VerdictCache {
  private readonly breakers = new Breakers();
  private readonly read: (claims: Claims) => Promise<Known>;
  private readonly readMany;
  private readonly takeLease;
  private readonly fillEntry;

  constructor(
    private readonly redis: Redis,
    private readonly config: Config,
    metrics: RevocationMetrics,
  ) {
    this.readMany = redis.defineForMany('authCheck', script('check'));
    const limits = { inFlight: Infinity, together: redis.isParted ? 1 : TOGETHER };
    this.read = batched((many) => this.checkTogether(many), limits);
    this.takeLease = redis.define('authLease', script('lease'));
    this.fillEntry = redis.define('authFill', script('fill'));
    metrics.watchBreaker(() => this.breakers.isAnyOpen);
  }

  /** Verdicts are read from it. */
  get isUsed(): boolean {
    return this.redis.isConfigured && this.config.REVOCATION_CACHE === 'use';
  }

  /** Revocations delete their entries in it. */
  get isFed(): boolean {
    return this.redis.isConfigured;
  }

  /**
   * @returns undefined where the entry does not decide: it is not there, another server filled it,
   * or it is older than the token
   * @throws when Redis does not answer in time
   */
  async check(claims: Claims): Promise<Verdict | undefined> {
    const [v, isTokenRevoked, isSessionRevoked] = await this.read(claims);
    if (v === undefined) return undefined;
    const version = v === 'gone' ? v : Number(v);
    if (version !== 'gone' && claims.tokenVersion > version) return undefined;
    return decide(claims, version, isSessionRevoked === 1, isTokenRevoked === 1);
  }

  /** The questions of checks that arrived together; only `check` puts them. */
  async checkTogether(many: readonly Claims[]): Promise<Known[]> {
    const questions = many.map(asked);
    return (await this.ask(questions[0]?.key ?? '', () => this.readMany(questions))) as Known[];
  }

  /**
   * @returns what `fill` wants; undefined when another caller fills the entry, or Redis does not
   * answer
   */
  async lease(userId: string): Promise<string | undefined> {
    const token = randomUUID();
    const key = keyOf(userId);
    const isMine = await this.ask(key, () => this.takeLease(key, token, LEASE_MS)).catch(() => 0);
    return isMine === 1 ? token : undefined;
  }

  /** @returns false when the lease was lost: by a revocation meanwhile, or because Redis lost it */
  async fill(userId: string, lease: string, { version, revoked }: Truth): Promise<boolean> {
    const life = Math.round(LIFE_MS * (0.9 + 0.2 * Math.random()));
    const key = keyOf(userId);
    const filled = await this.ask(key, () => this.fillEntry(key, lease, life, version, ...revoked)).catch(() => 0);
    return filled === 1;
  }

  /**
   * Deletes what Redis holds of a user, leases included. Tries until it is confirmed or the time is
   * over, past the breaker.
   * @throws when it is not confirmed
   */
  async drop(userId: string): Promise<void> {
    const deadline = performance.now() + CONFIRM_WITHIN_MS;
    for (;;) {
      const left = deadline - performance.now();
      try {
        await withTimeout(Math.max(left, TRY_AGAIN_MS), this.redis.deleteSurely(keyOf(userId)));
        return;
      } catch (error) {
        if (deadline - performance.now() <= TRY_AGAIN_MS) throw error;
        await new Promise((later) => setTimeout(later, TRY_AGAIN_MS));
      }
    }
  }

  /** @returns whether Redis has confirmed for every user that it holds nothing of them */
  async invalidate(userIds: readonly string[]): Promise<boolean> {
    if (!this.isFed) return true;
    const dropped = await Promise.allSettled(userIds.map((userId) => this.drop(userId)));
    return dropped.every(({ status }) => status === 'fulfilled');
  }

  /** A late answer does no harm: a late FILL checks the lease, and a late lease runs out. */
  private ask(key: string, command: () => Promise<unknown>): Promise<unknown> {
    return this.breakers.execute(this.redis.serverOf(key), () => withTimeout(this.config.REDIS_TIMEOUT_MS, command()));
  }
}
