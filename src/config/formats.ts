// What may a setting look like? Its text from the environment, checked and turned into a value.
import * as z from 'zod';

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** `scheme://host[:port]` and nothing else, as browsers write it in the Origin header. */
export const origin = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text.replace(/\/$/, ''),
    'must be an origin such as https://app.example.com, without a path or a wildcard',
  )
  .transform((text) => new URL(text).origin);

export const issuer = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username && !text.includes('#');
}, 'must be an http(s) URL without a query, a fragment or credentials (RFC 8414 §2)');

export const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text) && !new URL(text).username && !new URL(text).hash,
    'must be an http(s) URL without credentials or a fragment',
  );

/** As Standard Webhooks writes it. */
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

export const postgresUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), 'must be a postgres:// URL');

export const redisUrl = z
  .string()
  .refine((text) => /^rediss?:\/\//.test(text) && URL.canParse(text), 'must be a redis:// or rediss:// URL');

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

export const hostname = z
  .string()
  .regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name such as example.com, in lower case')
  .transform((text) => text.replace(/^\./, ''));

export const trustedProxies = z
  .string()
  .regex(
    /^(none|\d{1,2}|[0-9a-f.:/]+(\s*,\s*[0-9a-f.:/]+)*)$/i,
    'must be none, a number of hops, or a list of addresses',
  );

export const vaultUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:\/\/[^?#@]+\/v1\/[^?#@]+\/data\/[^?#@]+$/.test(text),
    'must be the URL of a KV v2 secret, such as https://vault.example.com/v1/secret/data/watchword',
  );
