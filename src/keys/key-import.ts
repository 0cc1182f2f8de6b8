// Checks whether a file may become a signing key. Every refusal is a sentence that says why.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Objection } from './rotation.js';
import type { NewSigningKey, SigningKeyRow } from './signing-key.js';

const MIN_BITS = 2_048;
const MAX_BITS = 8_192;
const MIN_EXPONENT = 65_537n;
/** What may stand in a header, a log line and a shell without being quoted. */
const KID = /^[\w.~:-]{1,128}$/;

/**
 * @param pem PKCS#8 or PKCS#1, not encrypted
 * @param name the importer's own kid, else the RFC 7638 thumbprint
 * @throws with the reason, when it is not an RSA private key that we may sign with
 */
export async function readSigningKey(pem: string, name?: string): Promise<NewSigningKey> {
  const privateKey = parse(pem);
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicJwk = { kty: 'RSA', n, e } as JWK;
  const kid = name ?? (await calculateJwkThumbprint(publicJwk));
  if (!KID.test(kid)) throw new Error('The kid must be 1 to 128 letters, digits and characters of . _ ~ : -');
  return { kid, publicJwk, pkcs8: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string };
}

/** A kid is never used again, nor a key under another name: one of them may have been revoked. */
export function objectionTo({ kid, publicJwk }: NewSigningKey, keys: readonly SigningKeyRow[]): Objection | undefined {
  const namesake = keys.find((key) => key.kid === kid);
  const twin = keys.find((key) => key.publicJwk.n === publicJwk.n);
  if (twin) return { objection: 'key_used', as: twin.kid };
  return namesake && { objection: 'kid_used', as: kid };
}

function parse(pem: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw new Error(
      'The key is encrypted: decrypt it first (openssl pkey -in FILE -out DECRYPTED), and remove the copy.',
    );
  }
  if (!pem.includes('PRIVATE KEY-----')) throw new Error(whatElse(pem));
  const key = open(pem);
  const { modulusLength: bits = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== 'rsa') {
    throw new Error(`The key is of type ${key.asymmetricKeyType}: RS256 needs an RSA key.`);
  }
  if (bits < MIN_BITS) throw new Error(`The key has ${bits} bits: less than ${MIN_BITS} can be broken.`);
  if (bits > MAX_BITS) throw new Error(`The key has ${bits} bits: more than ${MAX_BITS} make every signature slow.`);
  if (publicExponent < MIN_EXPONENT) {
    throw new Error(`The key's public exponent is ${publicExponent}: at least ${MIN_EXPONENT} is needed.`);
  }
  if (!works(key)) throw new Error('The key is damaged: what it signs does not verify.');
  return key;
}

function whatElse(pem: string): string {
  if (/-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) return 'The file holds a public key: the private one is needed.';
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return 'The file holds a certificate: its private key is needed.';
  return 'The file holds no private key in PEM.';
}

function open(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error('The file looks like a private key in PEM but cannot be read as one.', { cause });
  }
}

function works(key: KeyObject): boolean {
  const probe = Buffer.from('watchword');
  try {
    return verify('RSA-SHA256', probe, createPublicKey(key), sign('RSA-SHA256', probe, key));
  } catch {
    return false;
  }
}
