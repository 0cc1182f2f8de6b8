// A signing key, and its state at a given instant.
import { type CryptoKey, generateKeyPair, calculateJwkThumbprint, exportJWK, exportPKCS8, type JWK } from 'jose';
import type { signingKeys } from '../database/schema/keys.js';

export type SigningKeyRow = typeof signingKeys.$inferSelect;
type Schedule = Pick<SigningKeyRow, 'activateAt' | 'retireAt' | 'removeAt' | 'revokedAt'>;

/**
 * `standby`: published, does not sign yet. `retired`: only verifies. `removed`: left the key set,
 * by time or revoked.
 */
export type KeyState = 'standby' | 'signing' | 'retired' | 'removed';

/** A pure function of the row and the database's time, so that instances agree without a leader. */
export function stateOf(key: Schedule, now: Date): KeyState {
  if (key.revokedAt || (key.removeAt && key.removeAt <= now)) return 'removed';
  if (key.retireAt && key.retireAt <= now) return 'retired';
  return key.activateAt && key.activateAt <= now ? 'signing' : 'standby';
}

export interface NewSigningKey {
  /** RFC 7638 thumbprint, or the importer's own name. */
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly pkcs8: string;
}

/** A key as the table takes it. */
export type SealedKey = Pick<SigningKeyRow, 'kid' | 'publicJwk'> & { readonly privateSealed: Buffer };

export async function makeSigningKey(modulusLength: number): Promise<NewSigningKey> {
  const pair = await generateKeyPair('RS256', { modulusLength, extractable: true });
  const { kty, n, e } = await exportJWK(pair.publicKey);
  const publicJwk = { kty, n, e } as JWK;
  return { kid: await calculateJwkThumbprint(publicJwk), publicJwk, pkcs8: await exportPKCS8(pair.privateKey) };
}

/** What the service signs with right now. */
export interface Signer {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}
