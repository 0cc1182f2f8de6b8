// Charges the volume of every network of a caller, or refuses.
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { Metrics } from '../telemetry/metrics.js';
import { LimitKeys } from './limit-keys.js';
import { LimitStores } from './limit-stores.js';
import { networksOf } from './network.js';
import { type Counted, type Rule, rulesOf } from './volume-rules.js';

interface Limit extends Rule {
  readonly limiter: RateLimiterAbstract;
}

/** One point of one network. */
interface Point {
  readonly limit: Limit;
  readonly key: string;
}

/** A flood beyond the limit queries the store once a second, not with each request. */
const REMEMBERED_MS = 1_000;
const MAX_REMEMBERED = 10_000;

@Injectable()
export class VolumeLimit {
  private readonly limits: readonly Limit[];
  private readonly spent = new LRUCache<string, number>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });
  private readonly refused;

  constructor(
    private readonly keys: LimitKeys,
    private readonly config: Config,
    private readonly clock: Clock,
    stores: LimitStores,
    metrics: Metrics,
  ) {
    this.limits = rulesOf(config).map((rule) => ({
      ...rule,
      limiter: stores.limiter(`${rule.counted}:${rule.width}`, rule.points, rule.seconds),
    }));
    this.refused = metrics.counter(
      'watchword_volume_refused_total',
      'Refused by a volume limit, by what was counted and the width of the network',
      'counted',
      'width',
    );
  }

  /** @throws Refusal `too_many_attempts`; then nothing was taken */
  async take(counted: Counted, ip: string | null): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    const points = await this.pointsOf(counted, ip);
    const remembered = points.map(({ key }) => this.spent.get(key) ?? 0);
    this.refuseUntil(Math.max(0, ...remembered), points);
    const taken = await Promise.all(points.map((point) => this.takeOne(point)));
    const until = Math.max(0, ...taken);
    if (until === 0) return;
    await this.giveAllBack(points);
    this.refuseUntil(until, points);
  }

  /** Returns one point and never resets: otherwise an attacker's own sign-ins would clear their guesses. */
  async giveBack(counted: Counted, ip: string | null): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    await this.giveAllBack(await this.pointsOf(counted, ip));
  }

  private pointsOf(counted: Counted, ip: string | null): Promise<Point[]> {
    const found = networksOf(ip).flatMap(({ width, prefix }) => {
      const limit = this.limits.find((each) => each.counted === counted && each.width === width);
      return limit ? [{ limit, prefix }] : [];
    });
    return Promise.all(
      found.map(async ({ limit, prefix }) => {
        const name = await this.keys.nameOf('volume', counted, prefix);
        return { limit, key: name.toString('base64url') };
      }),
    );
  }

  /** @returns until when there are no more points; 0 where one was left */
  private async takeOne({ limit, key }: Point): Promise<number> {
    try {
      await limit.limiter.consume(key);
      return 0;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const until = this.clock.now().getTime() + Math.max(1_000, error.msBeforeNext);
      this.spent.set(key, until);
      this.refused.inc({ counted: limit.counted, width: limit.width });
      return until;
    }
  }

  private async giveAllBack(points: readonly Point[]): Promise<void> {
    await Promise.all(
      points.map(async ({ limit, key }) => {
        const { consumedPoints } = await limit.limiter.reward(key);
        // The window has rolled in between: a budget below nothing would be a budget above the limit.
        if (consumedPoints < 0) await limit.limiter.delete(key);
      }),
    );
  }

  private refuseUntil(until: number, points: readonly Point[]): void {
    const retryAfter = Math.ceil((until - this.clock.now().getTime()) / 1_000);
    if (points.length > 0 && retryAfter > 0) throw new Refusal('too_many_attempts', { retryAfter });
  }
}
