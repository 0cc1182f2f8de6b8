import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AccessClaims } from './access-token.js';
import { VerifiedTokens } from './verified-tokens.js';

const keyOf = (): KeyObject => createPublicKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (kid: string, body = {}) => `${segment({ alg: 'RS256', typ: 'at+jwt', kid })}.${segment(body)}.AAAA`;
const claims = { sub: 'somebody' } as AccessClaims;

describe('the memory of verified tokens', () => {
  it('recognises only the exact text that was verified', () => {
    const keys = new Map([['a', keyOf()]]);
    const verified = new VerifiedTokens({ keyInMemory: (kid) => keys.get(kid) });
    expect(verified.claimsOf(tokenOf('a'))).toBeUndefined();
    verified.remember(tokenOf('a'), 'a', claims);
    expect(verified.claimsOf(tokenOf('a'))).toBe(claims);
    expect(verified.claimsOf(tokenOf('a', { x: 1 }))).toBeUndefined();
    expect(verified.claimsOf(`${tokenOf('a')}=`)).toBeUndefined();
    expect(verified.claimsOf(`x${tokenOf('a')}`)).toBeUndefined();
  });

  it('forgets the tokens of a key that was revoked, removed or replaced under its name', () => {
    const keys = new Map([
      ['a', keyOf()],
      ['b', keyOf()],
    ]);
    const verified = new VerifiedTokens({ keyInMemory: (kid) => keys.get(kid) });
    for (const kid of ['a', 'b']) verified.remember(tokenOf(kid), kid, claims);
    keys.delete('a');
    expect(verified.claimsOf(tokenOf('a'))).toBeUndefined();
    expect(verified.claimsOf(tokenOf('b'))).toBe(claims);
    keys.set('b', keyOf());
    expect(verified.claimsOf(tokenOf('b'))).toBeUndefined();
  });

  it('is bounded', () => {
    const key = keyOf();
    const verified = new VerifiedTokens({ keyInMemory: () => key });
    for (let token = 0; token < 10_050; token++) verified.remember(tokenOf('a', { token }), 'a', claims);
    expect(verified.claimsOf(tokenOf('a', { token: 0 }))).toBeUndefined();
    expect(verified.claimsOf(tokenOf('a', { token: 10_049 }))).toBe(claims);
  });
});
