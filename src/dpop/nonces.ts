// Nonces for clients whose clock is wrong (RFC 9449 §8): a time of ours with a code of ours, so that nothing is kept.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Good for so long, before and after its time: one that must follow a proof from the future is itself from there. */
const NONCE_SECONDS = 300;
const TIME_BYTES = 6;
const CODE_BYTES = 16;

/**
 * @param key 32 bytes that all instances share
 * @param seconds since 1970, when a proof with it counts as made
 */
export function nonceOf(key: Buffer, seconds: number): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeUIntBE(Math.max(0, seconds), 0, TIME_BYTES);
  return Buffer.concat([time, codeOf(key, time)]).toString('base64url');
}

/** @returns its time in seconds since 1970; undefined if it is not ours, or too old */
export function timeOfNonce(key: Buffer, nonce: string, now: number): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url');
  if (bytes.length !== TIME_BYTES + CODE_BYTES) return undefined;
  const [time, code] = [bytes.subarray(0, TIME_BYTES), bytes.subarray(TIME_BYTES)];
  if (!timingSafeEqual(code, codeOf(key, time))) return undefined;
  const seconds = time.readUIntBE(0, TIME_BYTES);
  return Math.abs(now - seconds) <= NONCE_SECONDS ? seconds : undefined;
}

const codeOf = (key: Buffer, time: Buffer) => createHmac('sha256', key).update(time).digest().subarray(0, CODE_BYTES);
