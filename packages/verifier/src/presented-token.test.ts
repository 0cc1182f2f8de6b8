import { describe, expect, it } from 'vitest';
import { isVerificationError } from './errors.js';
import { presentedTokens } from './presented-token.js';

const cookie = { allowedOrigins: ['https://app.example.com'] };
const of = (headers: Record<string, string>, method = 'GET', taking: typeof cookie | null = cookie) => {
  try {
    return presentedTokens({ method, headers }, taking ?? undefined);
  } catch (error) {
    if (isVerificationError(error)) return error.code;
    throw error;
  }
};

describe('the token of a request', () => {
  it.each([
    ['Bearer abc', ['abc']],
    ['DPoP abc', ['abc']],
    ['dpop  abc ', ['abc']],
    ['DPoP', []],
    ['DPoPX abc', []],
    ['bearer   abc ', ['abc']],
    ['Bearer', []],
    ['Bearer ', []],
    ['Bearer abc def', []],
    ['Basic abc', []],
    ['BearerX abc', []],
    ['', []],
  ])('of the header %j is %j (RFC 6750 §2.1)', (authorization, expected) => {
    expect(of({ authorization })).toEqual(expected);
  });

  it.each([
    ['__Secure-access_token=abc', ['abc']],
    ['a=1; __Secure-access_token=abc; b=2', ['abc']],
    ['__Secure-access_token="abc"', ['abc']],
    ['x__Secure-access_token=abc', []],
    ['__Secure-access_token_x=abc', []],
    ['__Secure-access_token=', []],
    ['__Secure-access_token=one; __Secure-access_token=two', ['one', 'two']],
    ['__Secure-access_token=1;'.repeat(5), 'ambiguous_token'],
  ])('of the cookies %j is %j', (text, expected) => {
    expect(of({ cookie: text })).toEqual(expected);
  });

  it('is not taken from a cookie unless the operator says so', () => {
    expect(of({ cookie: '__Secure-access_token=abc', authorization: 'Bearer def' }, 'POST', null)).toEqual(['def']);
  });

  it('is refused when it comes in a cookie and as a bearer', () => {
    expect(of({ cookie: '__Secure-access_token=abc', authorization: 'Bearer def' })).toBe('ambiguous_token');
  });
});

describe('a cookie in a request that changes something', () => {
  it.each([
    ['from a page of this origin', { 'sec-fetch-site': 'same-origin' }, ['abc']],
    ['from the address bar', { 'sec-fetch-site': 'none' }, ['abc']],
    [
      'from a sibling subdomain',
      { 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' },
      'csrf_rejected',
    ],
    ['from a listed subdomain', { 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' }, ['abc']],
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'csrf_rejected'],
    ['from nowhere to be named', { 'sec-fetch-site': 'cross-site', origin: 'null' }, 'csrf_rejected'],
    ['from an old browser on a foreign page', { origin: 'https://evil.example' }, 'csrf_rejected'],
    ['from an old browser on a listed page', { origin: 'https://app.example.com' }, ['abc']],
    ['from a program', {}, ['abc']],
  ])('%s', (_, headers: Record<string, string>, expected) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'])
      expect(of({ cookie: '__Secure-access_token=abc', ...headers }, method)).toEqual(expected);
  });

  it('is refused from a foreign page although the method is safe when it opens a WebSocket', () => {
    const headers = { cookie: '__Secure-access_token=abc', origin: 'https://evil.example' };
    expect(of(headers)).toEqual(['abc']);
    expect(of({ ...headers, upgrade: 'websocket' })).toBe('csrf_rejected');
  });
});
