// Limits how often one service calls: a service in a loop must not take the instance from everybody else.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

const WINDOW_SECONDS = 60;

@Injectable()
export class ServiceLimits {
  private readonly calls;
  private readonly tokens;

  /** Counted by each instance for itself: an introspection must not cost a write. */
  constructor(private readonly config: Config) {
    this.calls = new RateLimiterMemory({ points: config.SERVICE_CALLS_PER_MINUTE, duration: WINDOW_SECONDS });
    this.tokens = new RateLimiterMemory({ points: config.SERVICE_TOKENS_PER_MINUTE, duration: WINDOW_SECONDS });
  }

  /** @throws Refusal `too_many_attempts` */
  takeCall(serviceId: string): Promise<void> {
    return this.take(this.calls, serviceId);
  }

  /** A signature costs as much as many introspections. @throws Refusal `too_many_attempts` */
  takeSignature(serviceId: string): Promise<void> {
    return this.take(this.tokens, serviceId);
  }

  private async take(limiter: RateLimiterMemory, serviceId: string): Promise<void> {
    if (this.config.RATE_LIMITS === 'off') return;
    try {
      await limiter.consume(serviceId);
    } catch (error) {
      const retryAfter = Math.ceil((error as RateLimiterRes).msBeforeNext / 1_000);
      throw new Refusal('too_many_attempts', { retryAfter });
    }
  }
}
