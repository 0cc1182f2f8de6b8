// How often may one family refresh? Room for a burst, so that no race of honest tabs ever meets it.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import type { RefreshAttempt } from './refresh-attempt.js';

const BURST = 64;
const WINDOW_SECONDS = 60;

/** A selector under another user's id names nothing: it must neither charge nor free the family that it was taken from. */
const rowOf = ({ token, family }: RefreshAttempt) => `${token.userId} ${family}`;

@Injectable()
export class FamilyLimit {
  private readonly limiter = new RateLimiterMemory({ points: BURST, duration: WINDOW_SECONDS });

  constructor(private readonly config: Config) {}

  /** @throws Refusal `too_many_attempts` (the session is kept). */
  async take(presented: RefreshAttempt): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    try {
      await this.limiter.consume(rowOf(presented));
    } catch (error) {
      const retryAfter = Math.ceil((error as RateLimiterRes).msBeforeNext / 1000);
      throw new Refusal('too_many_attempts', { retryAfter });
    }
  }

  /** What was decided about nobody's row is not counted: anyone can make a family up, and an outage is nobody's fault. */
  async giveBack(presented: RefreshAttempt): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    const { consumedPoints } = await this.limiter.reward(rowOf(presented));
    if (consumedPoints <= 0) await this.limiter.delete(rowOf(presented));
  }
}
