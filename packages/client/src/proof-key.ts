// The key that a session is bound to: what is asked of it, and one of WebCrypto that cannot be taken out.

/** Its public half (RFC 7517): base64url, without padding. */
export interface PublicJwk {
  readonly x?: string;
  readonly y?: string;
}

/** A key of P-256 that never leaves its keeper: WebCrypto, the Secure Enclave, the Keystore, a TPM. */
export interface ProofKey {
  readonly jwk: PublicJwk;
  /**
   * @param data as it is: the signer hashes it
   * @returns ES256 (RFC 7518 §3.4): r and s, 64 bytes together. The Secure Enclave and the Keystore answer DER
   */
  sign(data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer | Uint8Array>;
}

/** Keeps one key for each issuer, so that two issuers cannot tell by it that a person is the same. */
export interface ProofKeys {
  /**
   * @param issuer an origin
   * @returns undefined only where it is certain that there is none: a session that was bound to it is then over
   * @throws where it cannot be known now: the refresh is tried again
   */
  load(issuer: string): Promise<ProofKey | undefined>;
  /**
   * @returns the key that is kept; a new one where there is none. Two calls at once, of two processes as well, get one
   * @throws where none can be kept
   */
  make(issuer: string): Promise<ProofKey>;
}

/** As WebCrypto makes it; opaque here. */
export interface KeyPair {
  readonly privateKey: object;
  readonly publicKey: object;
}

interface Subtle {
  generateKey(algorithm: object, extractable: boolean, usages: readonly string[]): Promise<KeyPair>;
  exportKey(format: 'jwk', key: object): Promise<PublicJwk>;
  sign(algorithm: object, key: object, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

/** Pages on plain http other than localhost have no `subtle`: then each of these throws. */
const own = globalThis as unknown as { readonly crypto: { readonly subtle: Subtle } };

/** @returns a pair whose private half no script can read: `false` is for that half alone (Web Cryptography, ECDSA) */
export const newKeyPair = async (): Promise<KeyPair> =>
  own.crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);

export async function proofKeyOf({ privateKey, publicKey }: KeyPair): Promise<ProofKey> {
  const { subtle } = own.crypto;
  return {
    jwk: await subtle.exportKey('jwk', publicKey),
    sign: (data) => subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, data),
  };
}

/** Keys live as long as the process or the page: for a `memoryStorage()`, whose sessions live no longer. */
export function memoryKeys(): ProofKeys {
  const kept = new Map<string, Promise<ProofKey>>();
  return {
    load: async (issuer) => kept.get(issuer),
    make(issuer) {
      const key = kept.get(issuer) ?? newKeyPair().then(proofKeyOf);
      kept.set(issuer, key);
      return key;
    },
  };
}
