// scrypt: `$scrypt$ln=14,r=8,p=1,l=64$salt$hash`. It is a PHC string with the length of the hash: a hash that was cut off
// would otherwise be a shorter one of the same password.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fromUnpadded, isBetween, unpadded } from './encoding.js';
import type { Form, HashFault, Verify } from './form.js';

export interface ScryptCost {
  /** log₂ N */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
/** Memory × p: what the time goes with; about a second. */
const MAX_WORK_BYTES = 4 * MAX_MEMORY_BYTES;

const memoryOf = ({ ln, r }: ScryptCost): number => 128 * r * 2 ** ln;

/** RFC 7914 §6: N is more than 1, and p at most (2³² − 1) · 32 / (128 · r), which the bounds imply. */
export function scryptFault(cost: ScryptCost): HashFault | undefined {
  if (!(cost.ln >= 1 && cost.r >= 1 && cost.p >= 1)) return 'hash_malformed';
  const isCheapEnough = memoryOf(cost) <= MAX_MEMORY_BYTES && memoryOf(cost) * cost.p <= MAX_WORK_BYTES;
  return isCheapEnough ? undefined : 'hash_too_costly';
}

const derived = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/** @param salt at most some hundred bytes */
export const scryptKey = (password: string, salt: Uint8Array, length: number, cost: ScryptCost): Promise<Buffer> =>
  derived(password, salt, length, {
    ...{ N: 2 ** cost.ln, r: cost.r, p: cost.p },
    // OpenSSL counts three more blocks, and one for each lane.
    maxmem: memoryOf(cost) + 128 * cost.r * (cost.p + 4),
  });

const whole = /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d{0,5}),p=([1-9]\d{0,5}),l=([1-9]\d)\$([^$]+)\$([^$]+)$/;

export const scryptForm: Form = {
  parameters: String.raw`\$scrypt\$ln=[1-9]\d?,r=[1-9]\d{0,5},p=[1-9]\d{0,5},l=[1-9]\d\$`,
  read,
  decoy: (of) => `${of}${unpadded(randomBytes(16))}$${unpadded(randomBytes(Number(/l=(\d+)/.exec(of)?.[1])))}`,
};

export const storedScrypt = ({ ln, r, p }: ScryptCost, salt: Uint8Array, hash: Uint8Array): string =>
  `$scrypt$ln=${ln},r=${r},p=${p},l=${hash.length}$${unpadded(salt)}$${unpadded(hash)}`;

function read(stored: string): Verify | HashFault {
  const [, ln, r, p, length, saltText = '', hashText = ''] = whole.exec(stored) ?? [];
  const [salt, hash] = [fromUnpadded(saltText), fromUnpadded(hashText)];
  if (!salt || !hash || salt.length > 128) return 'hash_malformed';
  if (hash.length !== Number(length) || !isBetween(16, hash.length, 64)) return 'hash_malformed';
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  return (
    scryptFault(cost) ?? (async (password) => timingSafeEqual(await scryptKey(password, salt, hash.length, cost), hash))
  );
}
