// Seals the addresses of mails, names their recipients by a keyed hash, and derives the secrets of their links: the
// database alone gives none of them away.
import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { TokenPurpose } from '../database/schema/vocabularies.js';
import { DerivedKeys } from '../keys/derived-keys.js';
import { KeyEncryption } from '../keys/key-encryption.js';

const RECIPIENT_BYTES = 16;

@Injectable()
export class MailKeys {
  constructor(
    private readonly keys: DerivedKeys,
    private readonly encryption: KeyEncryption,
  ) {}

  async recipientOf(address: string): Promise<Buffer> {
    const key = await this.keys.of('mail recipient');
    return createHmac('sha256', key).update(address).digest().subarray(0, RECIPIENT_BYTES);
  }

  /** @param id of the mail, bound to the ciphertext */
  seal(address: string, id: string): Buffer {
    return this.encryption.seal(Buffer.from(address), id);
  }

  /** @throws `unopenable` for what neither key opens */
  open(sealed: Buffer, id: string): string {
    try {
      return this.encryption.open(sealed, id).toString();
    } catch (cause) {
      throw Object.assign(new Error('no key opens the address', { cause }), { code: 'unopenable' });
    }
  }

  /** The secret of a link: the same each time that the mail is sent. */
  async secretOf(id: string, purpose: TokenPurpose, userId: string): Promise<Buffer> {
    const info = [id, purpose, userId].join('\0');
    return Buffer.from(hkdfSync('sha256', await this.keys.of('mail token'), '', info, 32));
  }
}
