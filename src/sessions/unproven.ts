// What is said of a refresh or a logout whose proof of the key does not do (bound-session.ts).
import type { UnprovenEvent } from '../audit/refresh-events.js';
import type { RefusalDetails } from '../errors.js';
import type { RefreshToken } from '../tokens/refresh-token.js';
import type { RefreshAttempt, Seen } from './refresh-attempt.js';

/** @returns undefined where the proof is of the right key, and was used before or overtaken */
export const unprovenBy = ({ token, proof }: RefreshAttempt, seen: Seen): UnprovenEvent | undefined =>
  seen.is_proven ? undefined : unprovenEvent(token, { ...seen, sessionId: seen.id }, proof !== undefined);

/** Of a refresh token that was shown without a proof of its session's key. @param hasProof there was one, of another key */
export const unprovenEvent = (
  token: RefreshToken,
  { sessionId, generation }: { sessionId: string; generation: number },
  hasProof: boolean,
): UnprovenEvent => ({
  type: 'refresh.unproven',
  userId: token.userId,
  sessionId,
  reason: hasProof ? 'another_key' : 'no_proof',
  generationsBehind: generation - token.generation,
});

/** Honest requests overtake each other: each gets a nonce with which its next proof is no older than the last. */
export const nonceAfter = ({ proof }: RefreshAttempt, { proof_iat, is_full }: Seen): RefusalDetails => ({
  ...(proof ? { dpopNonce: proof.nonceAfter(Number(proof_iat) + (is_full ? 1 : 0)) } : {}),
  session: 'keep',
});
