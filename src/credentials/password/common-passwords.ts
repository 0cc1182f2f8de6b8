// Looks a password up among the most common ones, in a sorted list of short hashes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** In code points. The list has no shorter entries, because PASSWORD_MIN_LENGTH is never less. */
export const SHORTEST_LISTED = 8;

/** 40 bits: one in 2.4 million texts is a false positive. */
const RECORD_BYTES = 5;

/** Made by scripts/common-passwords.ts; every entry has RECORD_BYTES, in ascending order. */
const records = readFileSync(new URL('./common-passwords.bin', import.meta.url));

/** Upper case and full-width characters do not make a password rarer. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** In code points. */
export const lengthOf = (text: string): number => Array.from(text).length;

export const recordOf = (folded: string): Buffer =>
  createHash('sha256').update(folded).digest().subarray(0, RECORD_BYTES);

/** @param folded the result of `fold` */
export function isCommon(folded: string): boolean {
  const wanted = recordOf(folded).readUIntBE(0, RECORD_BYTES);
  let [low, high] = [0, records.length / RECORD_BYTES];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = records.readUIntBE(middle * RECORD_BYTES, RECORD_BYTES);
    if (found === wanted) return true;
    if (found < wanted) low = middle + 1;
    else high = middle;
  }
  return false;
}
