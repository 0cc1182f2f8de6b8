// Finds the networks of an address. All spellings of an address share one budget.
import ipaddr from 'ipaddr.js';

/** `address`: as much as one subscriber has for sure. The others are what one may have rented. */
export type Width = 'address' | 'ipv6/56' | 'ipv6/48' | 'ipv4/24';

export interface Network {
  readonly width: Width;
  /** In its canonical spelling, such as `2001:db8:0:1::/64`. */
  readonly prefix: string;
}

/** @param ip null where the caller has none: then they share a budget with nobody */
export function networksOf(ip: string | null): Network[] {
  if (ip === null || !ipaddr.isValid(ip)) return [];
  const address = plain(ipaddr.process(ip));
  if (address instanceof ipaddr.IPv4) return [of('address', address, 32), of('ipv4/24', address, 24)];
  return [of('address', address, 64), of('ipv6/56', address, 56), of('ipv6/48', address, 48)];
}

/** What one network holds of a queue is counted by this. */
export const addressOf = (ip: string | null): string | undefined => networksOf(ip)[0]?.prefix;

/** The widest network of an address: a spray comes from somebody who rents addresses. */
export const widestOf = (ip: string | null): string | undefined => networksOf(ip).at(-1)?.prefix;

/** NAT64 carries an IPv4 address in its last 32 bits (RFC 6052). */
function plain(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4 || address.range() !== 'rfc6052') return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function of(width: Width, address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Network {
  const bytes = address.toByteArray().map((byte, at) => byte & (0xff << Math.max(0, 8 - Math.max(0, bits - 8 * at))));
  return { width, prefix: `${ipaddr.fromByteArray(bytes.map((byte) => byte & 0xff)).toString()}/${bits}` };
}
