import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nonceOf, timeOfNonce } from './nonces.js';

const key = randomBytes(32);
const now = 1_800_000_000;
const timeAt = (seconds: number, last?: number) => timeOfNonce(key, nonceOf(key, seconds, last), seconds) ?? 0;

describe('a nonce', () => {
  it('is good for four and a half to five minutes', () => {
    for (let given = now; given < now + 30; given++) {
      const nonce = nonceOf(key, given);
      expect(timeOfNonce(key, nonce, given + 269)).toBeDefined();
      expect(timeOfNonce(key, nonce, given + 300)).toBeUndefined();
    }
  });

  it('counts as later than any proof by an honest clock, and as one with those of the same half minute', () => {
    const times = Array.from({ length: 60 }, (_, after) => timeAt(now + after) - now);
    for (const [after, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(after + 60);
    expect(new Set(times).size).toBeLessThanOrEqual(3);
  });

  it('is never older than the last proof, and as old where that is ahead already', () => {
    expect(timeAt(now, now - 5)).toBe(timeAt(now));
    expect(timeAt(now, now + 20)).toBe(timeAt(now));
    expect(timeAt(now, now + 31)).toBe(now + 31);
    expect(timeAt(now, now + 90)).toBe(now + 90);
  });

  it.each([
    ['of another installation', nonceOf(randomBytes(32), now)],
    ['with another time', Buffer.from(nonceOf(key, now), 'base64url').fill(255, 0, 2).toString('base64url')],
    ['that is cut', nonceOf(key, now).slice(0, -2)],
    ['that is empty', ''],
    ['of anything', 'x'.repeat(200)],
  ])('%s is none', (_, nonce) => {
    expect(timeOfNonce(key, nonce, now)).toBeUndefined();
  });
});
