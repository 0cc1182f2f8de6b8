// PBKDF2: `$pbkdf2-sha256$i=600000,l=32$salt$hash`, with HMAC of SHA-1, SHA-256 or SHA-512.
import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fromUnpadded, isBetween, unpadded } from './encoding.js';
import type { Form, HashFault, Verify } from './form.js';

/** About a second of SHA-512. A hash that is longer than the digest needs its rounds once more per block. */
const MAX_ROUNDS = 2_000_000;
const digestBytes: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 };

const whole = /^\$pbkdf2-(sha1|sha256|sha512)\$i=([1-9]\d{0,9}),l=([1-9]\d)\$([^$]+)\$([^$]+)$/;
const derived = promisify(pbkdf2);

export const pbkdf2Form: Form = {
  parameters: String.raw`\$pbkdf2-sha(?:1|256|512)\$i=[1-9]\d{0,9},l=[1-9]\d\$`,
  read,
  decoy: (of) => `${of}${unpadded(randomBytes(16))}$${unpadded(randomBytes(Number(/l=(\d+)/.exec(of)?.[1])))}`,
};

export interface Pbkdf2 {
  readonly digest: 'sha1' | 'sha256' | 'sha512';
  readonly rounds: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

export const storedPbkdf2 = ({ digest, rounds, salt, hash }: Pbkdf2): string =>
  `$pbkdf2-${digest}$i=${rounds},l=${hash.length}$${unpadded(salt)}$${unpadded(hash)}`;

function read(stored: string): Verify | HashFault {
  const [, digest = '', rounds, length, saltText = '', hashText = ''] = whole.exec(stored) ?? [];
  const [salt, hash] = [fromUnpadded(saltText), fromUnpadded(hashText)];
  if (!salt || !hash || salt.length > 128) return 'hash_malformed';
  if (hash.length !== Number(length) || !isBetween(16, hash.length, 64)) return 'hash_malformed';
  const blocks = Math.ceil(hash.length / (digestBytes[digest] ?? 1));
  if (Number(rounds) * blocks > MAX_ROUNDS) return 'hash_too_costly';
  return async (password) => timingSafeEqual(await derived(password, salt, Number(rounds), hash.length, digest), hash);
}
