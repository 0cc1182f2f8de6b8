// The public part of a signing key, as the key set shows it.
import type { JWK } from 'jose';

/** Exactly these members, public ones only (RFC 7517 §4). */
export interface PublishedKey {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
}

export function toPublished(kid: string, { n, e }: JWK): PublishedKey {
  if (!n || !e) throw new Error(`The public half of ${kid} is not an RSA key.`);
  return { kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' };
}
