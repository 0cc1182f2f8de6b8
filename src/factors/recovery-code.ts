// Recovery codes as people write them down: 24 characters of Crockford's base 32 in groups of four. Pure.
import { randomBytes } from 'node:crypto';
import { sha256, uuidBytes } from '../tokens/checked-text.js';

/** Without I, L, O and U, which are read as others. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 24;
const form = /^[0-9A-HJKMNP-TV-Z]{24}$/;

/** 120 random bits: 256 is a multiple of 32, so that no character is likelier than another. */
export function newRecoveryCode(): string {
  const characters = Array.from(randomBytes(CHARACTERS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return characters.replaceAll(/(.{4})(?=.)/g, '$1-');
}

/** @returns what is stored of a code; undefined for what is none, however it is written */
export function hashOfRecoveryCode(userId: string, written: string): Buffer | undefined {
  const code = written.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return form.test(code) ? sha256(Buffer.concat([uuidBytes(userId), Buffer.from(code)])) : undefined;
}
