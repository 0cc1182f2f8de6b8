// Brings the password hashes of an import into the form in which they are stored.
import { Injectable } from '@nestjs/common';
import type { LineCode } from './line-codes.js';

type Stored = { readonly stored: string | null } | { readonly code: LineCode };

/** As much memory and as many passes as a sign-in may cost. */
const MAX_MEMORY_KIB = 262_144;
const MAX_PASSES = 10;
const MAX_LANES = 16;
const argon2id = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;

@Injectable()
export class ImportedHashes {
  /** @param isDryRun checks only; nothing is wrapped */
  async storeAll(hashes: readonly (string | null)[], _isDryRun: boolean): Promise<readonly Stored[]> {
    return hashes.map((hash) => (hash === null ? { stored: null } : stored(hash)));
  }
}

function stored(hash: string): Stored {
  if (!hash.startsWith('$argon2id$')) return { code: 'hash_unknown' };
  const [, memory, passes, lanes] = argon2id.exec(hash) ?? [];
  if (memory === undefined) return { code: 'hash_malformed' };
  const isCostly = Number(memory) > MAX_MEMORY_KIB || Number(passes) > MAX_PASSES || Number(lanes) > MAX_LANES;
  return isCostly ? { code: 'hash_too_costly' } : { stored: hash };
}
