// Nonces for clients whose clock is wrong, and for proofs that others overtook (RFC 9449 §8): a time of ours with a code of
// ours, so that nothing is kept.
import { createHmac, timingSafeEqual } from 'node:crypto';

const TIME_BYTES = 6;
const CODE_BYTES = 16;
/** A proof with a nonce counts as made so much later: no proof by an honest clock comes after it. */
const AHEAD_SECONDS = 60;
/** All that are given out within these have the same time, so that of parallel requests none overtakes the other. */
const STEP_SECONDS = 30;
const LIFE_SECONDS = 300;

/** @returns when a proof counts as made that has a nonce of now */
const timeFor = (now: number) => Math.ceil((now + AHEAD_SECONDS) / STEP_SECONDS) * STEP_SECONDS;

/**
 * @param key 32 bytes that all instances share
 * @param now in seconds since 1970, as all times here
 * @param last when the last proof counts as made; the next one must not be older
 */
export function nonceOf(key: Buffer, now: number, last = 0): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeUIntBE(last > now + STEP_SECONDS ? last : timeFor(now), 0, TIME_BYTES);
  return Buffer.concat([time, codeOf(key, time)]).toString('base64url');
}

/** @returns when a proof with it counts as made; undefined if it is not ours, or older than five minutes */
export function timeOfNonce(key: Buffer, nonce: string, now: number): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url');
  if (bytes.length !== TIME_BYTES + CODE_BYTES) return undefined;
  const [time, code] = [bytes.subarray(0, TIME_BYTES), bytes.subarray(TIME_BYTES)];
  if (!timingSafeEqual(code, codeOf(key, time))) return undefined;
  const seconds = time.readUIntBE(0, TIME_BYTES);
  return now < seconds - AHEAD_SECONDS - STEP_SECONDS + LIFE_SECONDS ? seconds : undefined;
}

const codeOf = (key: Buffer, time: Buffer) => createHmac('sha256', key).update(time).digest().subarray(0, CODE_BYTES);
