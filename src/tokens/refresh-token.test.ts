import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  familyOf,
  firstRefreshToken,
  formatRefreshToken,
  hashOf,
  parseRefreshToken,
  type RefreshToken,
  successorOf,
} from './refresh-token.js';

interface Vector {
  userId: string;
  selector: string;
  secret: string;
  ratchetSalt: string;
  serverSecret: string;
  chain: { token: string; hash: string }[];
}

const vectors = JSON.parse(readFileSync(new URL('./refresh-token.vectors.json', import.meta.url), 'utf8')) as {
  vectors: Vector[];
};

const userId = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('a refresh token', () => {
  it('follows the published test vectors', () => {
    for (const { chain, ratchetSalt, serverSecret, selector, secret, userId: user } of vectors.vectors) {
      let token: RefreshToken = {
        userId: user,
        selector: Buffer.from(selector, 'hex'),
        generation: 0,
        secret: Buffer.from(secret, 'hex'),
      };
      for (const expected of chain) {
        expect({ token: formatRefreshToken(token), hash: hashOf(token) }).toEqual(expected);
        token = successorOf(token, Buffer.from(ratchetSalt, 'hex'), Buffer.from(serverSecret, 'hex'));
      }
    }
  });

  it('is unchanged after formatting and parsing', () => {
    const token = firstRefreshToken(userId);
    expect(parseRefreshToken(formatRefreshToken(token))).toEqual(token);
  });

  it('has 100 characters and a prefix that scanners can find', () => {
    expect(formatRefreshToken(firstRefreshToken(userId))).toMatch(/^wrt_[A-Za-z0-9_-]{96}$/);
  });

  it('is refused when any single character differs', () => {
    const text = formatRefreshToken(firstRefreshToken(userId));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
        fc.pre(text[at] !== other);
        expect(parseRefreshToken(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it('is refused for any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => parseRefreshToken(text) === undefined));
  });

  it('has one successor per salt and server secret, in the same family', () => {
    const token = firstRefreshToken(userId);
    const [salt, secret] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const next = successorOf(token, salt, secret);
    expect(successorOf(token, salt, secret)).toEqual(next);
    expect(next.generation).toBe(1);
    expect(familyOf(next)).toBe(familyOf(token));
    expect(hashOf(successorOf(token, Buffer.alloc(32, 3), secret))).not.toBe(hashOf(next));
    expect(hashOf(successorOf(token, salt, Buffer.alloc(32, 3)))).not.toBe(hashOf(next));
  });
});
