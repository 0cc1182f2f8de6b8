// A proof that a request comes from the holder of the key (RFC 9449 §4.2).
import { base64url, bytesOf, random, type Randomness } from './base64url.js';
import type { ProofKey } from './proof-key.js';

export interface ProofWishes {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of the service: it judges by this in place of the time. */
  readonly nonce: string | undefined;
  readonly crypto: Randomness;
}

/** @returns the value of the header `DPoP`, for one request */
export async function newDpopProof(key: ProofKey, { method, url, now, nonce, crypto }: ProofWishes): Promise<string> {
  // Member by member: whatever else a keeper's key has stays here.
  const { x, y } = key.jwk;
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x, y } };
  const claims = { htm: method, htu: url, iat: Math.floor(now / 1000), jti: random(crypto), nonce };
  const signed = [header, claims].map((part) => base64url(bytesOf(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url(new Uint8Array(await key.sign(bytesOf(signed))))}`;
}
