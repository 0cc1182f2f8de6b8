// Takes a point of a limiter, and gives it back.
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** @returns milliseconds until there is a point again; 0 where one was left, and is now taken */
export async function takePoint(limiter: RateLimiterAbstract, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return Math.max(1_000, error.msBeforeNext);
  }
}

export async function givePointBack(limiter: RateLimiterAbstract, key: string): Promise<void> {
  const { consumedPoints } = await limiter.reward(key);
  // The window has rolled in between: a budget below nothing would be a budget above the limit.
  if (consumedPoints < 0) await limiter.delete(key);
}
