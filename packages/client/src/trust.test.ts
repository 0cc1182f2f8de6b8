// To whom credentials may go.
import { describe, expect, it } from 'vitest';
import { addressOf, originOf, siteOf } from './trust.js';

const issuer = 'https://auth.example.com';

describe('an origin of the options', () => {
  it.each(['https://auth.example.com', 'https://auth.example.com/', 'http://localhost:3000', 'https://EXAMPLE.com'])(
    'may be %s',
    (text) => {
      expect(originOf(text)).toBe(new URL(text).origin);
    },
  );

  it.each([
    ...['https://auth.example.com/path', 'https://auth.example.com?x', 'https://auth.example.com#x', '*', ''],
    ...[
      'https://user@auth.example.com',
      'https://auth.example.com\\@evil.example',
      '//auth.example.com',
      'auth.example.com',
    ],
    ...['ftp://auth.example.com', 'blob:https://auth.example.com/1', 'null', 'https://*.example.com/'],
  ])('may not be %j, which would promise more than is kept', (text) => {
    expect(() => originOf(text)).toThrow(TypeError);
  });
});

describe('the address of a request', () => {
  it.each([
    ['/auth/me', issuer],
    ['auth/me', issuer],
    [`${issuer}:443/auth/me`, issuer],
    ['//evil.example/auth/me', 'https://evil.example'],
    ['\\\\evil.example\\x', 'https://evil.example'],
    ['https://auth.example.com@evil.example/', 'https://evil.example'],
    ['https://auth.example.com.evil.example/', 'https://auth.example.com.evil.example'],
    ['http://auth.example.com/', 'http://auth.example.com'],
    ['https://auth.example.com:8443/', 'https://auth.example.com:8443'],
    ['blob:https://auth.example.com/6ad2', 'blob://'],
    ['data:text/plain,x', 'data://'],
  ])('%j goes to %s', (input, site) => {
    expect(siteOf(addressOf(input, issuer))).toBe(site);
  });
});
