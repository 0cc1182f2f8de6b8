// Checks the text of a setting and turns it into a value.
import { isIP } from 'node:net';
import { getPublicSuffix } from 'tldts';
import * as z from 'zod';
import { format, Wrong } from './format.js';

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

export const port = (min: number) => {
  const number = integer(min, 65_535);
  return format((text) => {
    if (text.startsWith('tcp://'))
      return new Wrong(
        'is the address of a Kubernetes Service with that name: ' +
          'set enableServiceLinks: false in the pod, or set a number',
      );
    const parsed = number.safeParse(text);
    return parsed.success ? parsed.data : new Wrong(parsed.error.issues[0]?.message ?? 'must be a port');
  });
};

export const issuer = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must not have spaces or characters outside ASCII')
  .refine((text) => {
    if (!URL.canParse(text) || !/^https?:\/\/[^"'<>\\]+$/.test(text)) return false;
    const url = new URL(text);
    return !url.search && !url.hash && !url.username && !/[?#]/.test(text);
  }, 'must be an http(s) URL without a query, a fragment or credentials (RFC 8414 §2)');

/** StringOrURI of RFC 7519 §2, without characters that no verifier is configured with. */
export const audience = z.string().regex(/^[^\s"'\p{C}]+$/u, 'must not have spaces, quotes or control characters');

/** RFC 9110 §5.1. No wildcard: in requests with credentials browsers treat it as a header name. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'+.^_`|~0-9a-z-]+$/i, 'must be names of headers, separated by commas, without a wildcard')
  .transform((text) => text.toLowerCase());

export const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text) && !new URL(text).username && !new URL(text).hash,
    'must be an http(s) URL without credentials or a fragment',
  );

/** The format of Standard Webhooks. */
export const webhookSecret = z.string().refine((text) => {
  const bytes = Buffer.from(text.replace(/^whsec_/, ''), 'base64').length;
  return /^whsec_[A-Za-z0-9+/]+=*$/.test(text) && bytes >= 24 && bytes <= 64;
}, 'must be whsec_ and 24 to 64 bytes in base64 (make one with: echo whsec_$(openssl rand -base64 32))');

export const list = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(item));

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export const hostAndPort = z
  .string()
  .regex(/^([\w.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i, 'must be host:port')
  .transform((text): HostAndPort => {
    const at = text.lastIndexOf(':');
    return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
  });

export const keyEncryptionKey = z
  .string()
  .refine(
    (text) => /^[A-Za-z0-9+/]{43}=$/.test(text) && Buffer.from(text, 'base64').length === 32,
    'must be 32 bytes in base64 (make one with: openssl rand -base64 32)',
  );

/** Not a public suffix: browsers drop cookies for one, because they would reach every domain under it. */
export const cookieDomain = z
  .string()
  .toLowerCase()
  .regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name such as example.com, without a scheme or a port')
  .transform((text) => text.replace(/^\./, ''))
  .refine((text) => isIP(text) === 0, 'must be a domain name, not an address')
  .refine(
    (text) => getPublicSuffix(text, { allowPrivateDomains: true }) !== text,
    'must be a domain of your own: this one is a public suffix, under which anybody can have a name',
  );

export const vaultUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:\/\/[^?#@]+\/v1\/[^?#@]+\/data\/[^?#@]+$/.test(text),
    'must be the URL of a KV v2 secret, such as https://vault.example.com/v1/secret/data/watchword',
  );
