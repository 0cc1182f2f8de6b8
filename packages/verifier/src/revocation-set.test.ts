import { describe, expect, it } from 'vitest';
import { feedHash, RevocationSet } from './revocation-set.js';

const claims = { sub: 'ann', iat: 1_000, jti: 'token', sid: 'session', tokenVersion: 3 };
const service = { sub: 'billing', iat: 1_000, jti: 'token', tokenVersion: 2 };
const nothing = { sids: [], jtis: [], subs: {}, kids: [] };

describe('the set of revocations', () => {
  it('hashes as RFC 6920 §9.4 says: the first 128 bits of SHA-256', () => {
    // The example of RFC 6920 §8.1 has f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk for "Hello World!".
    expect(feedHash('Hello World!')).toBe('f4OxZX_x_FO5LcGBSKHWXQ');
  });

  it.each([
    ['its session', { sids: [feedHash('session')] }, claims, 'session_revoked'],
    ['its jti', { jtis: [feedHash('token')] }, claims, 'token_revoked'],
    ['a higher version of its user', { subs: { [feedHash('ann')]: 4 } }, claims, 'version_stale'],
    ['its version as the lowest good one', { subs: { [feedHash('ann')]: 3 } }, claims, 'live'],
    ['a time after it for everybody', { subs: { '*': 1_001 } }, claims, 'version_stale'],
    ['its time for everybody', { subs: { '*': 1_000 } }, claims, 'live'],
    ['a higher version of its service', { subs: { [feedHash('billing')]: 3 } }, service, 'version_stale'],
    ['every person, but it is a service', { subs: { '*': 2_000 } }, service, 'live'],
    ['the jti of the service', { jtis: [feedHash('token')] }, service, 'token_revoked'],
    ['its identifiers without a hash', { sids: ['session'], jtis: ['token'], subs: { ann: 9 } }, claims, 'live'],
  ])('that names %s', (_, named, token, verdict) => {
    expect(RevocationSet.of({ ...nothing, ...named }).verdictOf(token)).toBe(verdict);
  });

  it('keeps the stricter floor when two sets add up', () => {
    const one = RevocationSet.of({ ...nothing, subs: { x: 5, y: 1 }, kids: ['a'] });
    const two = RevocationSet.of({ ...nothing, subs: { x: 4, y: 2 }, kids: ['b'] });
    const expected = RevocationSet.of({ ...nothing, subs: { x: 5, y: 2 }, kids: ['a', 'b'] });
    expect(one.with(two)).toEqual(expected);
  });
});
