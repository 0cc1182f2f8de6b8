// The secrets of one request to a provider. Only the state is random: nonce and code verifier follow from it, so that the
// database holds none of them. Pure: no clock, no I/O.
import { createHmac, randomBytes } from 'node:crypto';
import { sha256 } from '../../tokens/checked-text.js';

export interface UpstreamSecrets {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 §4.1: 43 characters. */
  readonly verifier: string;
  /** Of the state: the key of the row. */
  readonly hash: Buffer;
}

export const newState = (): string => randomBytes(32).toString('base64url');

/** @returns undefined for what is no state */
export function secretsOf(state: unknown, key: Buffer): UpstreamSecrets | undefined {
  if (typeof state !== 'string' || !/^[\w-]{43}$/.test(state)) return undefined;
  const derived = (label: string) => createHmac('sha256', key).update(`${label} ${state}`).digest('base64url');
  return { state, nonce: derived('nonce'), verifier: derived('verifier'), hash: sha256(Buffer.from(state)) };
}

/** RFC 7636 §4.2, S256. */
export const challengeOf = (verifier: string): string => sha256(Buffer.from(verifier)).toString('base64url');
