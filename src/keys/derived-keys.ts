// Derives keys from one sealed secret of the installation, by HKDF (RFC 5869) with a label each.
import { hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyStore } from './key-store.js';

/** A label never changes its meaning: hashes in the database and links in mailboxes depend on it. */
type Label = 'mail recipient' | 'mail token' | 'passkey challenge' | 'upstream request' | 'admin cursor' | 'dpop nonce';

@Injectable()
export class DerivedKeys {
  private readonly derived = new Map<Label, Promise<Buffer>>();

  constructor(private readonly keyStore: KeyStore) {}

  /** @returns 32 bytes */
  of(label: Label): Promise<Buffer> {
    const known = this.derived.get(label) ?? this.derive(label);
    this.derived.set(label, known);
    return known;
  }

  private async derive(label: Label): Promise<Buffer> {
    try {
      return Buffer.from(hkdfSync('sha256', await this.keyStore.derivationSecret(), '', label, 32));
    } catch (error) {
      this.derived.delete(label); // the next caller asks again
      throw error;
    }
  }
}
