import { expect, it } from 'vitest';
import { networksOf } from './network.js';

const prefixes = (ip: string | null) => networksOf(ip).map(({ prefix }) => prefix);

it('an IPv4 address is counted alone and with its /24', () => {
  expect(prefixes('203.0.113.77')).toEqual(['203.0.113.77/32', '203.0.113.0/24']);
});

it('an IPv6 address is counted with its /64, /56 and /48', () => {
  expect(prefixes('2001:db8:abcd:1234:5678::1')).toEqual([
    '2001:db8:abcd:1234::/64',
    '2001:db8:abcd:1200::/56',
    '2001:db8:abcd::/48',
  ]);
});

it.each([
  ['203.0.113.77', '::ffff:203.0.113.77'],
  ['203.0.113.77', '::ffff:cb00:714d'],
  ['203.0.113.77', '64:ff9b::cb00:714d'],
  ['2001:db8::1', '2001:0DB8:0000:0000:0000:0000:0000:0001'],
  ['2001:db8::1', '2001:db8::2'],
])('%s and %s share every budget', (one, other) => {
  expect(prefixes(other)).toEqual(prefixes(one));
});

it('a caller without an address shares a budget with nobody', () => {
  expect(prefixes(null)).toEqual([]);
  expect(prefixes('not an address')).toEqual([]);
});
