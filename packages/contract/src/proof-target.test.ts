import { describe, expect, it } from 'vitest';
import { isSameTarget } from './proof-target.js';

const ours = 'https://auth.example.com/auth/refresh';

describe('the address of a proof (RFC 9449 §4.3, check 9; RFC 3986 §6.2.2 and §6.2.3)', () => {
  it.each([
    ours,
    `${ours}?a=b`,
    `${ours}#part`,
    'https://auth.example.com:443/auth/refresh',
    'HTTPS://AUTH.example.COM/auth/refresh',
    'https://auth.example.com/auth/./refresh',
    'https://auth.example.com/other/../auth/refresh',
    'https://auth.example.com/auth/%72efresh',
    'https://auth.example.com/auth/%72efr%65sh?x#y',
    'https://auth.example.com/%61uth/refresh',
  ])('is the same as %s', (htu) => {
    expect(isSameTarget(htu, ours)).toBe(true);
  });

  it.each([
    '',
    '/auth/refresh',
    'auth.example.com/auth/refresh',
    'http://auth.example.com/auth/refresh',
    'https://auth.example.com:8443/auth/refresh',
    'https://auth.example.com/auth/refresh/',
    'https://auth.example.com/auth/Refresh',
    'https://auth.example.com/auth%2Frefresh',
    'https://auth.example.com/auth\\refresh',
    ' https://auth.example.com/auth/refresh',
    'https://auth.example.com/auth/re\nfresh',
    'https://user@auth.example.com/auth/refresh',
    'https://auth.example.com.evil.example/auth/refresh',
    'https://evil.example/https://auth.example.com/auth/refresh',
    'https://auth.example.com@evil.example/auth/refresh',
    'https://auth.example.com',
    'ftp://auth.example.com/auth/refresh',
    'https://',
  ])('is another one: %s', (htu) => {
    expect(isSameTarget(htu, ours)).toBe(false);
  });

  it('compares escapes that are needed without regard to their case', () => {
    expect(isSameTarget('https://a.example/x%2fy', 'https://a.example/x%2Fy')).toBe(true);
  });
});
