// The codes of authenticator apps as people type and paste them into the account page.
import { expect, it } from 'vitest';
import { digitsOf } from '../web/src/factors/digits.js';

it.each([
  ['012 345', '012345'],
  ['\u00a0012\u202f345\n', '012345'],
  ['012-345', '012345'],
  ['０１２３４５', '012345'],
  ['code', ''],
])('%j are the digits %j', (typed, digits) => {
  expect(digitsOf(typed)).toBe(digits);
});
