// Reads network addresses: where the service listens, and which proxies it trusts.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { format, Wrong } from './format.js';

/** An IP address, with or without brackets, or a host name. */
export const listenAddress = format((text) => {
  const plain = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(plain) !== 0) return plain;
  if (/^(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(plain)) return plain;
  return new Wrong('must be an address such as 127.0.0.1, 0.0.0.0 or ::, without a scheme, a port or a path');
});

/** True for an address of the loopback network, `localhost`, and the path of a socket. */
export function isLoopback(host: string): boolean {
  if (host.startsWith('/') || /^(.+\.)?localhost$/i.test(host)) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/** True for the address of every interface (0.0.0.0, ::) and for public addresses. */
export function isOpenToAll(host: string): boolean {
  return ipaddr.isValid(host) && ['unspecified', 'unicast'].includes(ipaddr.process(host).range());
}

export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
}

/** The number of proxies in front of the service, or their addresses; 0 trusts none. */
export type TrustedProxies = number | readonly AddressRange[];

/** A larger number is probably a mistake. With one hop too many, clients choose their own address. */
const MAX_HOPS = 5;

export const trustedProxies = format((text): TrustedProxies | Wrong => {
  if (text === 'none') return 0;
  if (/^\d+$/.test(text)) {
    if (Number(text) <= MAX_HOPS) return Number(text);
    return new Wrong(`must be at most ${MAX_HOPS} hops: with one too many, clients choose their own address`);
  }
  const ranges: AddressRange[] = [];
  for (const part of text.split(',')) {
    const range = rangeOf(part.trim());
    if (range instanceof Wrong) return range;
    ranges.push(range);
  }
  return ranges;
});

function rangeOf(text: string): AddressRange | Wrong {
  const [address = '', size, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0)
    return new Wrong('must be none, a number of hops, or addresses and ranges such as 10.0.0.0/8, separated by commas');
  const bits = isIP(address) === 4 ? 32 : 128;
  const prefix = size === undefined ? bits : prefixOf(size, bits);
  if (prefix === undefined) return new Wrong('has a range whose size is not usable: write it as in 10.0.0.0/8');
  const range = { address, prefix };
  return isTooWide(range) ? new Wrong('has a range that is too wide: name the addresses of your own proxies') : range;
}

function prefixOf(size: string, bits: number): number | undefined {
  if (/^\d{1,3}$/.test(size)) return Number(size) <= bits ? Number(size) : undefined;
  const isMask = bits === 32 && ipaddr.IPv4.isValidFourPartDecimal(size);
  return isMask ? (ipaddr.IPv4.parse(size).prefixLengthFromSubnetMask() ?? undefined) : undefined;
}

/**
 * A whole private network may be trusted (10.0.0.0/8, fc00::/7). No operator of public proxies announces more than a
 * /12 or a /20 (Cloudflare 104.16.0.0/13 and 2a06:98c0::/29, Microsoft 2603:1000::/24).
 */
function isTooWide({ address, prefix }: AddressRange): boolean {
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6) {
    // ::ffff:0:0/96 contains all of IPv4.
    if (prefix < 108 && ipaddr.IPv6.parse('::ffff:0.0.0.0').match(parsed, prefix)) return true;
    return prefix < (['uniqueLocal', 'linkLocal'].includes(parsed.range()) ? 7 : 20);
  }
  return prefix < (['private', 'loopback'].includes(parsed.range()) ? 8 : 12);
}
