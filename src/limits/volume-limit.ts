// Limits the volume of every network of a caller.
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { Metrics } from '../telemetry/metrics.js';
import { LimitKeys } from './limit-keys.js';
import { LimitStores } from './limit-stores.js';
import { networksOf } from './network.js';
import { givePointBack, takePoint } from './points.js';
import { type Counted, type Rule, rulesOf } from './volume-rules.js';

interface Limit extends Rule {
  readonly limiter: RateLimiterAbstract;
}

/** One point of one network. */
interface Point {
  readonly limit: Limit;
  readonly key: string;
}

/** A point of each network, until it is known whether it counts. */
export interface HeldPoints {
  count(): Promise<void>;
  /** Must be called in any case, after `count`. */
  release(): void;
}

/** A flood beyond the limit queries the store once a second, not with each request. */
const REMEMBERED_MS = 1_000;
const MAX_REMEMBERED = 10_000;

@Injectable()
export class VolumeLimit {
  private readonly limits: readonly Limit[];
  /** How many points of a key this instance holds. */
  private readonly held = new Map<string, number>();
  private readonly spent = new LRUCache<string, number>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });
  private readonly refusals;

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
    this.refusals = metrics.counter(
      'watchword_volume_refused_total',
      'Refused by a volume limit, by what was counted and the width of the network',
      'counted',
      'width',
    );
    for (const { counted, width } of this.limits) this.refusals.inc({ counted, width }, 0); // as Metrics.fromZero says
  }

  /** @throws Refusal `too_many_attempts`; then nothing was taken */
  async take(counted: Counted, ip: string | null): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    const points = await this.pointsOf(counted, ip);
    this.refuseRemembered(points);
    const taken = await Promise.all(points.map((point) => this.takeOne(point)));
    const until = Math.max(0, ...taken);
    if (until === 0) return;
    await this.giveBack(points);
    this.refuseUntil(until);
  }

  /**
   * Holds a point of each network until a guess is judged. The store counts wrong guesses only, so
   * that a right one writes nothing, and clears nothing either. What other instances hold is not
   * seen: a network may exceed its limit by its share of their hash queues.
   * @throws Refusal `too_many_attempts`
   */
  async hold(counted: Counted, ip: string | null): Promise<HeldPoints> {
    const points = this.config.RATE_LIMITS === 'off' ? [] : await this.pointsOf(counted, ip);
    this.refuseRemembered(points);
    // Counted before the store is asked: a point is either in the store's count or in this one.
    const ahead = points.map(({ key }) => this.held.get(key) ?? 0);
    for (const { key } of points) this.held.set(key, (this.held.get(key) ?? 0) + 1);
    try {
      const until = await Promise.all(points.map((point, at) => this.fullUntil(point, ahead[at] ?? 0)));
      this.refuseUntil(Math.max(0, ...until));
    } catch (error) {
      this.release(points);
      throw error;
    }
    return {
      count: async () => void (await Promise.all(points.map(({ limit, key }) => limit.limiter.penalty(key)))),
      release: () => this.release(points),
    };
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
    const wait = await takePoint(limit.limiter, key);
    return wait === 0 ? 0 : this.refused({ limit, key }, wait);
  }

  /**
   * @param ahead points that this instance held before
   * @returns until when there are no more points; 0 where one is left
   */
  private async fullUntil({ limit, key }: Point, ahead: number): Promise<number> {
    const stored = await limit.limiter.get(key);
    if ((stored?.consumedPoints ?? 0) + ahead < limit.points) return 0;
    const isFull = stored !== null && stored.consumedPoints >= limit.points;
    return this.refused({ limit, key }, isFull ? stored.msBeforeNext : 0);
  }

  private refused({ limit, key }: Point, forMs: number): number {
    const until = this.clock.now().getTime() + Math.max(1_000, forMs);
    if (forMs > 0) this.spent.set(key, until);
    this.refusals.inc({ counted: limit.counted, width: limit.width });
    return until;
  }

  private async giveBack(points: readonly Point[]): Promise<void> {
    await Promise.all(points.map(({ limit, key }) => givePointBack(limit.limiter, key)));
  }

  private release(points: readonly Point[]): void {
    for (const { key } of points) {
      const left = (this.held.get(key) ?? 1) - 1;
      if (left > 0) this.held.set(key, left);
      else this.held.delete(key);
    }
  }

  private refuseRemembered(points: readonly Point[]): void {
    const now = this.clock.now().getTime();
    const full = points.filter(({ key }) => (this.spent.get(key) ?? 0) > now);
    for (const { limit } of full) this.refusals.inc({ counted: limit.counted, width: limit.width });
    this.refuseUntil(Math.max(0, ...full.map(({ key }) => this.spent.get(key) ?? 0)));
  }

  private refuseUntil(until: number): void {
    const retryAfter = Math.ceil((until - this.clock.now().getTime()) / 1_000);
    if (retryAfter > 0) throw new Refusal('too_many_attempts', { retryAfter });
  }
}
