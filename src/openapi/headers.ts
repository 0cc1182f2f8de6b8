// The headers of answers, as the document describes them.
import type { Json } from './json-schema.js';

const text = (description: string, more: Json = {}) => ({ description, schema: { type: 'string' }, ...more });

/** By their names in `components.headers`. */
export const sharedHeaders = {
  'X-Request-Id': { description: 'Also in the log.', required: true, schema: { type: 'string', format: 'uuid' } },
  'Cache-Control': text('`no-store`, but for what may be kept.', { required: true }),
  'Retry-After': {
    description: 'Seconds to wait.',
    required: true,
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
  },
  'WWW-Authenticate': text('RFC 6750 §3; for `reauthentication_required` RFC 9470 §3; for DPoP RFC 9449 §7 to §9.'),
  'DPoP-Nonce': text('Of `dpop_nonce_required`: for the `nonce` of the next proof (RFC 9449 §8).'),
  'Content-Security-Policy': text('Nothing is loaded or framed; a page may use what it holds.', { required: true }),
  'Cross-Origin-Opener-Policy': text('`same-origin`', { required: true }),
  'Cross-Origin-Resource-Policy': text('`same-site`', { required: true }),
  'Referrer-Policy': text('`no-referrer`', { required: true }),
  'X-Content-Type-Options': text('`nosniff`', { required: true }),
  'X-Frame-Options': text('`DENY`', { required: true }),
  'Strict-Transport-Security': text('Over https: one year, with subdomains.'),
  'Access-Control-Allow-Origin': text('For pages of the origins in `ALLOWED_ORIGINS`, or `*` for what is open to all.'),
  'Access-Control-Allow-Credentials': text('For pages of the origins in `ALLOWED_ORIGINS`.'),
  'Access-Control-Expose-Headers': text('Which headers those pages may read.'),
  Vary: text('`Origin`'),
} satisfies Record<string, Json>;

type Shared = keyof typeof sharedHeaders;

const named = new Set<string>(['Retry-After', 'WWW-Authenticate', 'DPoP-Nonce']);

/** Not repeated at each answer. */
export const headersOfEveryAnswer = Object.keys(sharedHeaders).filter((name) => !named.has(name));

export const shared = (...names: Shared[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

export const ownHeaders = (headers: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(headers).map(([name, about]) => [name, text(about, { required: true })]));
