import { expect, it } from 'vitest';
import { acrOf, isAtLeast } from './acr.js';

it.each([
  [[], 'urn:watchword:1fa'],
  [['pwd'], 'urn:watchword:1fa'],
  [['pwd', 'otp'], 'urn:watchword:1fa'],
  [['otp', 'mfa'], 'urn:watchword:2fa'],
  [['pwd', 'otp', 'mfa'], 'urn:watchword:2fa'],
  [['pwd', 'pop', 'user', 'mfa'], 'phr'],
  [['pop', 'user', 'mfa'], 'phr'],
  [['pop'], 'urn:watchword:1fa'],
])('of %j: %s', (methods, acr) => {
  expect(acrOf(methods)).toBe(acr);
});

it('a token of an older release, and a value that nobody knows, count for no second factor', () => {
  expect([undefined, 'urn:other:gold', 'urn:watchword:1fa'].map((acr) => isAtLeast(acr, 'urn:watchword:2fa'))).toEqual([
    false,
    false,
    false,
  ]);
  expect(isAtLeast(undefined, 'urn:watchword:1fa')).toBe(true);
  expect(isAtLeast('phr', 'urn:watchword:2fa')).toBe(true);
  expect(isAtLeast('urn:watchword:2fa', 'phr')).toBe(false);
});
