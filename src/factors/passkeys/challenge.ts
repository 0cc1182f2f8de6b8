// Formats and checks the challenges of passkeys. Nothing is stored before one is met. Pure: no clock, no I/O.
//
//   purpose u8 ‖ issued at u48 BE, milliseconds ‖ random 16 ‖ HMAC-SHA256 of all that and of whom it is bound to
//
// Bound to a user, or to a nonce in a cookie of one browser: elsewhere, and for another purpose, it is no challenge.
import { createHmac, timingSafeEqual } from 'node:crypto';

type ChallengePurpose = 'sign_in' | 'factor' | 'reauthenticate' | 'register';

/** A number never changes its meaning. */
const numbers: Readonly<Record<ChallengePurpose, number>> = { sign_in: 1, factor: 2, reauthenticate: 3, register: 4 };

export const CHALLENGE_SECONDS = 300;
const RANDOM_BYTES = 16;
const BODY_BYTES = 1 + 6 + RANDOM_BYTES;
const MAC_BYTES = 32;

export interface Bound {
  readonly purpose: ChallengePurpose;
  /** 16 bytes of a user, the nonce of a browser, or nothing. */
  readonly to: Buffer;
}

/** @param random 16 bytes */
export function formatChallenge({ purpose, to }: Bound, at: Date, random: Buffer, key: Buffer): Buffer {
  if (random.length !== RANDOM_BYTES) throw new Error(`A challenge has ${RANDOM_BYTES} random bytes.`);
  const issuedAt = Buffer.alloc(6);
  issuedAt.writeUIntBE(at.getTime(), 0, 6);
  const body = Buffer.concat([Buffer.of(numbers[purpose]), issuedAt, random]);
  return Buffer.concat([body, macOf(body, to, key)]);
}

/** @returns whether the text is a challenge of ours for this, not older than five minutes */
export function isChallenge(text: string, { purpose, to }: Bound, now: Date, key: Buffer): boolean {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== BODY_BYTES + MAC_BYTES || bytes.toString('base64url') !== text) return false;
  const body = bytes.subarray(0, BODY_BYTES);
  if (!timingSafeEqual(bytes.subarray(BODY_BYTES), macOf(body, to, key))) return false;
  const age = now.getTime() - body.readUIntBE(1, 6);
  return body.readUInt8(0) === numbers[purpose] && age >= 0 && age < CHALLENGE_SECONDS * 1_000;
}

const macOf = (body: Buffer, to: Buffer, key: Buffer): Buffer =>
  createHmac('sha256', key).update(body).update(to).digest();
