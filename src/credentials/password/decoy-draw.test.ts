import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { likeliest } from './decoy-draw.js';

const drawn = (shares: Record<string, number>, address: number) =>
  likeliest(
    Object.entries(shares).map(([form, weight]) => ({ form, weight, hash: form })),
    (form) => (createHash('sha256').update(`${form} ${address}`).digest().readUInt32BE() + 1) / 2 ** 32,
  );
const addresses = Array.from({ length: 4_000 }, (_, at) => at);

it('unknown addresses have the parameters that known ones have, in the same proportions', () => {
  const old = addresses.filter((address) => drawn({ today: 30, old: 60, older: 10 }, address) === 'old');
  expect(old.length / addresses.length).toBeCloseTo(0.6, 1);
});

it('an unknown address moves from old parameters to today’s only, as a known one does', () => {
  const shares = [
    { old: 60, older: 30, today: 10 },
    { old: 40, older: 20, today: 40 },
  ];
  const moves = addresses.map((address) => shares.map((each) => drawn(each, address)));
  const moved = moves.filter(([before, after]) => before !== after);
  expect(moved.length).toBeGreaterThan(addresses.length / 5);
  expect(moved.filter(([, after]) => after !== 'today')).toEqual([]);
});

it('where nobody has a password there is no decoy', () => {
  expect(drawn({}, 1)).toBeNull();
});
