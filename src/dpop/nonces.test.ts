import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nonceOf, timeOfNonce } from './nonces.js';

const key = randomBytes(32);
const now = 1_800_000_000;

describe('a nonce', () => {
  it('is good for five minutes, and says when it was given out', () => {
    const nonce = nonceOf(key, now);
    expect(timeOfNonce(key, nonce, now)).toBe(now);
    expect(timeOfNonce(key, nonce, now + 300)).toBe(now);
    expect(timeOfNonce(key, nonce, now + 301)).toBeUndefined();
  });

  it('may lie ahead by as much, since it follows a proof from there', () => {
    expect(timeOfNonce(key, nonceOf(key, now + 300), now)).toBe(now + 300);
    expect(timeOfNonce(key, nonceOf(key, now + 301), now)).toBeUndefined();
  });

  it.each([
    ['of another installation', nonceOf(randomBytes(32), now)],
    ['with another time', Buffer.from(nonceOf(key, now), 'base64url').fill(0, 0, 5).toString('base64url')],
    ['that is cut', nonceOf(key, now).slice(0, -2)],
    ['that is empty', ''],
    ['of anything', 'x'.repeat(200)],
  ])('%s is none', (_, nonce) => {
    expect(timeOfNonce(key, nonce, now)).toBeUndefined();
  });
});
