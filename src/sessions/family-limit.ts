// How often may one family refresh? Room for a burst, so that no race of honest tabs ever meets it.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

const BURST = 64;
const WINDOW_SECONDS = 60;

@Injectable()
export class FamilyLimit {
  private readonly limiter = new RateLimiterMemory({ points: BURST, duration: WINDOW_SECONDS });

  constructor(private readonly config: Config) {}

  /** Nobody's family must cost memory: anyone can make one up. */
  async forget(family: string): Promise<void> {
    await this.limiter.delete(family);
  }

  /** @throws Refusal `too_many_attempts` (the session is kept). */
  async take(family: string): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    try {
      await this.limiter.consume(family);
    } catch (error) {
      const retryAfter = Math.ceil((error as RateLimiterRes).msBeforeNext / 1000);
      throw new Refusal('too_many_attempts', { retryAfter });
    }
  }
}
