// What ties the answer to the app that asked: a state, and the proof of RFC 7636 with S256.
import { base64url, bytesOf, random, type Randomness } from './base64url.js';

/** The part of WebCrypto that is needed. */
export interface Crypto extends Randomness {
  readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> };
}

export interface Proof {
  readonly state: string;
  readonly verifier: string;
  readonly challenge: string;
}

const own = globalThis as unknown as { readonly crypto: Crypto };

export async function newProof(crypto: Crypto = own.crypto): Promise<Proof> {
  const [state, verifier] = [random(crypto), random(crypto)];
  const hash = await crypto.subtle.digest('SHA-256', bytesOf(verifier));
  return { state, verifier, challenge: base64url(new Uint8Array(hash)) };
}
