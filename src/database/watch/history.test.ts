import { expect, it } from 'vitest';
import { isStepBack, timelineOf } from './history.js';

it.each([
  ['a promotion', '71/00000001', '71/00000002', false],
  ['a deposed primary that is in use again', '71/0000000A', '71/00000009', true],
  ['another database system, such as after an upgrade', '71/00000007', '72/00000001', false],
])('%s is told from a step back', (_, from, to, isOne) => {
  expect(isStepBack(from, to)).toBe(isOne);
});

it('a timeline is a hexadecimal number', () => {
  expect(timelineOf('71/0000001F')).toBe(31);
});
