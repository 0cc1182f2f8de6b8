// Derives the keys of budgets and devices: without a server secret, entries in tables and in Redis identify nobody.
import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyStore } from '../keys/key-store.js';

const BYTES = 16;

@Injectable()
export class LimitKeys {
  private readonly derived = new Map<string, Promise<Buffer>>();

  constructor(private readonly keyStore: KeyStore) {}

  /** A key of its own for each purpose. */
  secret(label: 'limits' | 'device'): Promise<Buffer> {
    const known = this.derived.get(label) ?? this.derive(label);
    this.derived.set(label, known);
    return known;
  }

  /** The parts hold no NUL: an id, a canonical address, a prefix. */
  async nameOf(...parts: readonly string[]): Promise<Buffer> {
    const key = await this.secret('limits');
    return createHmac('sha256', key).update(parts.join('\0')).digest().subarray(0, BYTES);
  }

  private async derive(label: string): Promise<Buffer> {
    try {
      return Buffer.from(hkdfSync('sha256', await this.keyStore.refreshSecret(), '', label, 32));
    } catch (error) {
      this.derived.delete(label); // the next one asks again
      throw error;
    }
  }
}
