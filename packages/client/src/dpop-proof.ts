// A proof that a request comes from the holder of the key (RFC 9449 §4.2).
import { base64url, bytesOf, random, textOf } from './base64url.js';
import type { Crypto } from './pkce.js';
import type { ProofKey } from './proof-key.js';

export interface ProofWishes {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of the service: it judges by this in place of the time. */
  readonly nonce: string | undefined;
  /** That the request comes with, where it is bound to the key. */
  readonly accessToken?: string;
  readonly crypto: Crypto;
}

/** @returns the value of the header `DPoP`, for one request */
export async function newDpopProof(key: ProofKey, wishes: ProofWishes): Promise<string> {
  const { method, url, now, nonce, accessToken, crypto } = wishes;
  // Member by member: whatever else a keeper's key has stays here.
  const { x, y } = key.jwk;
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x, y } };
  const hash = accessToken && (await crypto.subtle.digest('SHA-256', bytesOf(accessToken)));
  const ath = hash ? base64url(new Uint8Array(hash)) : undefined;
  const claims = { htm: method, htu: url, iat: Math.floor(now / 1000), jti: random(crypto), nonce, ath };
  const signed = [header, claims].map((part) => base64url(bytesOf(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url(new Uint8Array(await key.sign(bytesOf(signed))))}`;
}

/** @returns whether it is a JWT that counts only with a proof of its key (RFC 7800, `cnf`) */
export function isBoundToken(accessToken: string): boolean {
  try {
    return 'cnf' in (JSON.parse(textOf(accessToken.split('.')[1] ?? '')) as object);
  } catch {
    return false;
  }
}
