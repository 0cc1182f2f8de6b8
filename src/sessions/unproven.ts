// What is said of a refresh whose proof of the key does not do (bound-session.ts).
import type { UnprovenEvent } from '../audit/refresh-events.js';
import type { RefusalDetails } from '../errors.js';
import type { RefreshAttempt, Seen } from './refresh-attempt.js';

/** @returns undefined where the proof is of the right key, and was used before or overtaken */
export function unprovenBy({ token, proof }: RefreshAttempt, seen: Seen): UnprovenEvent | undefined {
  if (seen.is_proven) return undefined;
  return {
    type: 'refresh.unproven',
    userId: token.userId,
    sessionId: seen.id,
    reason: proof ? 'another_key' : 'no_proof',
    generationsBehind: seen.generation - token.generation,
  };
}

/** Honest requests overtake each other: each gets a nonce with which its next proof is no older than the last. */
export const nonceAfter = ({ proof }: RefreshAttempt, { proof_iat, is_full }: Seen): RefusalDetails => ({
  ...(proof ? { dpopNonce: proof.nonceAfter(Number(proof_iat) + (is_full ? 1 : 0)) } : {}),
  session: 'keep',
});
