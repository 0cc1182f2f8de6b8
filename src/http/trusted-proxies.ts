// Decides whose X-Forwarded-For is believed, and reads the addresses in it.
import { BlockList, isIP } from 'node:net';
import type { TrustedProxies } from '../config/addresses.js';

/** Fastify asks it from the socket outwards; the first address that is not trusted is the caller's. */
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

/** Proxies write a port behind it (Azure), and IPv4 often arrives mapped into IPv6; it may hold anything else, too. */
export function plainAddress(text: string | undefined): string | null {
  const withoutPort = (text ?? '')
    .trim()
    .replace(/^\[([^\]]*)\](:\d{1,5})?$/, '$1')
    .replace(/^([\d.]+):\d{1,5}$/, '$1');
  const plain = withoutPort.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
  return isIP(plain) === 0 ? null : plain;
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
