// Decides which proxies' X-Forwarded-For is trusted, and reads the addresses in it.
import { BlockList, isIP } from 'node:net';
import type { TrustedProxies } from '../config/addresses.js';

/** Fastify calls it from the socket outwards; the first untrusted address is the caller's. */
export function trustedProxies(setting: TrustedProxies): false | ((text: string, hop: number) => boolean) {
  if (setting === 0) return false;
  if (typeof setting === 'number') return (_text, hop) => hop < setting;
  const trusted = new BlockList();
  for (const { address, prefix } of setting) trusted.addSubnet(address, prefix, familyOf(address));
  return (text) => {
    const address = plainAddress(text);
    return address !== null && trusted.check(address, familyOf(address));
  };
}

/** Removes a port (Azure adds one) and the IPv6 mapping of IPv4. @returns null for a text that is not an address */
export function plainAddress(text: string | undefined): string | null {
  const withoutPort = (text ?? '')
    .trim()
    .replace(/^\[([^\]]*)\](:\d{1,5})?$/, '$1')
    .replace(/^([\d.]+):\d{1,5}$/, '$1');
  const plain = withoutPort.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*/s, '');
  return isIP(plain) === 0 ? null : plain;
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
