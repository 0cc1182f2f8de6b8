// Limits how often one family refreshes. The burst is far above what the tabs of one browser need.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { VolumeLimit } from '../limits/volume-limit.js';
import type { RefreshAttempt } from './refresh-attempt.js';

const BURST = 64;
const WINDOW_SECONDS = 60;

/** The key includes the user: a selector copied under another user's id must not charge or free the real family. */
const rowOf = ({ token, family }: RefreshAttempt) => `${token.userId} ${family}`;

@Injectable()
export class FamilyLimit {
  private readonly limiter = new RateLimiterMemory({ points: BURST, duration: WINDOW_SECONDS });

  constructor(
    private readonly config: Config,
    private readonly volume: VolumeLimit,
  ) {}

  /** @throws Refusal `too_many_attempts` (the session is kept). */
  async take(attempt: RefreshAttempt): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    try {
      await this.limiter.consume(rowOf(attempt));
    } catch (error) {
      const retryAfter = Math.ceil((error as RateLimiterRes).msBeforeNext / 1000);
      throw new Refusal('too_many_attempts', { retryAfter });
    }
  }

  /**
   * An attempt that found no family is counted by its network instead. Only such: a server that renders pages for 10,000
   * users refreshes their sessions from one address.
   * @throws Refusal `too_many_attempts`
   */
  async takeOfNobody(attempt: RefreshAttempt): Promise<void> {
    await this.giveBack(attempt);
    await this.volume.take('unknown_refresh', attempt.caller.ip);
  }

  /** Refunds an attempt that found no family, or that an outage interrupted. */
  async giveBack(attempt: RefreshAttempt): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    const { consumedPoints } = await this.limiter.reward(rowOf(attempt));
    if (consumedPoints <= 0) await this.limiter.delete(rowOf(attempt));
  }
}
