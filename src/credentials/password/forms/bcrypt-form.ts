// bcrypt, labelled 2a, 2b or 2y: `$2b$12$` with 22 characters of salt and 31 of hash.
import { randomBytes } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import { unpadded } from './encoding.js';
import type { Form, HashFault, Verify } from './form.js';

/** About a second. */
const MAX_COST = 14;

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The last character of the salt has four bits that mean nothing, and the hash's has two: here they are zero. */
const whole = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

export const BCRYPT_PARAMETERS = String.raw`2[aby]\$\d\d\$`;

export const bcryptForm: Form = {
  parameters: String.raw`\$${BCRYPT_PARAMETERS}`,
  read,
  decoy: (of) => `${of}${encoded(randomBytes(16))}${encoded(randomBytes(23))}`,
};

function read(stored: string): Verify | HashFault {
  const cost = Number(whole.exec(stored)?.[1]);
  if (!(cost >= 4 && cost <= 31)) return 'hash_malformed';
  if (cost > MAX_COST) return 'hash_too_costly';
  // Only the first 72 bytes count, as in the system that made the hash. bcrypt ends its key with a zero byte and repeats it:
  // to the library `abc\0abc` is `abc`. Systems in C read to the zero byte, and others refuse it.
  return async (password) => (await verify(password, stored)) && !password.includes('\0');
}

/** Clears the bits that mean nothing, which some old libraries set. */
export function withoutSpareBits(text: string): string {
  if (text.length !== 60) return text;
  const clear = (at: number, bits: number) => {
    const character = ALPHABET[(ALPHABET.indexOf(text[at] ?? '') >> bits) << bits];
    return character ?? '';
  };
  return `${text.slice(0, 28)}${clear(28, 4)}${text.slice(29, 59)}${clear(59, 2)}`;
}

const encoded = (bytes: Uint8Array): string =>
  unpadded(bytes).replaceAll(/./g, (character) => ALPHABET[BASE64.indexOf(character)] ?? '');
