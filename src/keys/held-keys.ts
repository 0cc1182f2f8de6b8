// The keys that this process holds in memory, opened and ready for use.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { type CryptoKey, importPKCS8 } from 'jose';
import type { KeyStore } from './key-store.js';
import { partsOf } from './rotation.js';
import { type Signer, type SigningKeyRow, stateOf } from './signing-key.js';

export interface VerifyingKey {
  readonly row: SigningKeyRow;
  readonly key: KeyObject;
}

export class HeldKeys {
  rows: readonly SigningKeyRow[] = [];
  private verifying: ReadonlyMap<string, VerifyingKey> = new Map();
  private readonly privateKeys = new Map<string, CryptoKey>();

  constructor(private readonly store: KeyStore) {}

  get(kid: string): VerifyingKey | undefined {
    return this.verifying.get(kid);
  }

  signerAt(now: Date): Signer | undefined {
    const { signer } = partsOf(this.rows, now);
    const privateKey = signer && this.privateKeys.get(signer.kid);
    return signer && privateKey ? { kid: signer.kid, privateKey } : undefined;
  }

  /** @returns the kids of live keys whose private half cannot be opened */
  async take(keys: readonly SigningKeyRow[], now: Date): Promise<string[]> {
    const closed: string[] = [];
    for (const key of keys) {
      if (stateOf(key, now) === 'removed') this.privateKeys.delete(key.kid);
      else if (!this.privateKeys.has(key.kid) && !(await this.open(key))) closed.push(key.kid);
    }
    this.verifying = new Map(keys.map((row) => [row.kid, { row, key: this.publicKeyOf(row) }]));
    this.rows = keys.toSorted((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime() || (a.kid < b.kid ? -1 : 1));
    return closed;
  }

  /**
   * One object for as long as the key is held: verified tokens compare it by identity
   * (tokens/verified-tokens.ts).
   */
  private publicKeyOf({ kid, publicJwk }: SigningKeyRow): KeyObject {
    return this.verifying.get(kid)?.key ?? createPublicKey({ key: publicJwk, format: 'jwk' });
  }

  private async open(key: SigningKeyRow): Promise<boolean> {
    try {
      this.privateKeys.set(key.kid, await importPKCS8(this.store.openPrivateKey(key), 'RS256'));
      return true;
    } catch {
      return false;
    }
  }
}
