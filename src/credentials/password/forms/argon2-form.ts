// argon2id, argon2i and argon2d, as PHC strings: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
import { randomBytes } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { fromUnpadded, isBetween, unpadded } from './encoding.js';
import type { Form, HashFault, Verify } from './form.js';

interface Bounds {
  readonly memoryKib: number;
  readonly passes: number;
  /** Memory × passes: what the time goes with. */
  readonly workKib: number;
}

/** Of hashes of other systems: about a second at most. */
const FOREIGN: Bounds = { memoryKib: 256 * 1024, passes: 64, workKib: 1024 * 1024 };
/** The settings ARGON2_MEMORY_KIB and ARGON2_PASSES allow as much. */
const OURS: Bounds = { memoryKib: 1_048_576, passes: 64, workKib: 20 * 1_048_576 };
const MAX_LANES = 16;

/** Hashes of before 2016 have no version, which means 16. */
export const ARGON2_PARAMETERS = String.raw`argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=[1-9]\d{0,9},t=[1-9]\d{0,9},p=[1-9]\d{0,2}\$`;
const parameters = String.raw`\$${ARGON2_PARAMETERS}`;
const whole = /^\$argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/;
const start = new RegExp(`^${parameters}`);

export const argon2Form: Form = {
  parameters,
  read: (stored, isForeign = false) => read(stored, isForeign ? FOREIGN : OURS),
  decoy: (of) => `${of}${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`,
};

function read(text: string, bounds: Bounds): Verify | HashFault {
  const [, memory, passes, lanes, salt = '', hash = ''] = (start.test(text) && whole.exec(text)) || [];
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  // RFC 9106 §3.1: at least 8 KiB a lane. The lengths are those that the library reads.
  const isWellFormed =
    cost.memoryKib >= 8 * cost.lanes &&
    isBetween(8, fromUnpadded(salt)?.length ?? 0, 48) &&
    isBetween(12, fromUnpadded(hash)?.length ?? 0, 64);
  if (!isWellFormed) return 'hash_malformed';
  if (!isWithin(cost, bounds)) return 'hash_too_costly';
  return (password) => verify(text, password);
}

const isWithin = (cost: { memoryKib: number; passes: number; lanes: number }, bounds: Bounds): boolean =>
  cost.lanes <= MAX_LANES &&
  cost.passes <= bounds.passes &&
  cost.memoryKib <= bounds.memoryKib &&
  cost.memoryKib * cost.passes <= bounds.workKib;
