// Brings the password hashes of an import into the form in which they are stored.
import { Injectable } from '@nestjs/common';
import { type ForeignHash, readForeignHash } from '../../credentials/password/forms/foreign-hash.js';
import { Passwords } from '../../credentials/password/passwords.js';
import type { LineCode } from './line-codes.js';

type Stored = { readonly stored: string | null } | { readonly code: LineCode };

@Injectable()
export class ImportedHashes {
  constructor(private readonly passwords: Passwords) {}

  /**
   * A digest that is too cheap to store is wrapped in argon2id, as many at once as PASSWORD_HASH_CONCURRENCY.
   * @param isDryRun wraps nothing
   */
  async storeAll(hashes: readonly (string | null)[], isDryRun: boolean): Promise<readonly Stored[]> {
    const read = hashes.map((hash) => (hash === null ? null : readForeignHash(hash)));
    const digests = read.flatMap((each) => (each && 'digest' in each ? [each.digest] : []));
    const wrapped = isDryRun ? [] : [...(await this.passwords.wrap(digests))];
    return read.map((each) => storedOf(each, () => wrapped.shift() ?? null));
  }
}

function storedOf(read: ForeignHash | null, wrapped: () => string | null): Stored {
  if (read === null) return { stored: null };
  if ('refused' in read) return { code: read.refused };
  return { stored: 'digest' in read ? wrapped() : read.stored };
}
