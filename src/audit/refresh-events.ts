// The events of refresh tokens that are spent (sessions/refresh.ts).
import type { OfSession } from './events.js';

/** How grave a reuse is; see sessions/refresh-attempt.ts. */
export type ReuseClass = 'lost_response' | 'copied_client' | 'likely_theft';

export type ReuseEvent = {
  readonly type: 'refresh.reused';
  readonly gravity: ReuseClass;
  readonly generationsBehind: number;
  readonly addressChanged: boolean;
  readonly userAgentChanged: boolean;
  /** It came with a proof of the key that the session is bound to; false for a session without a key. */
  readonly proven: boolean;
  /** False where REFRESH_REUSE_MODE only observes. */
  readonly ended: boolean;
} & OfSession;

/** Somebody has a token of a bound session, and not its key. `generationsBehind`: 0 is the current token. */
export type UnprovenEvent = {
  readonly type: 'refresh.unproven';
  readonly reason: 'no_proof' | 'another_key';
  readonly generationsBehind: number;
} & OfSession;

export type RefreshNote =
  | ({ readonly type: 'refresh.rotated'; readonly generation: number } & OfSession)
  | ({ readonly type: 'refresh.replayed'; readonly generation: number; readonly sameOrigin: boolean } & OfSession)
  | ({ readonly type: 'refresh.refused'; readonly code: string } & OfSession)
  | UnprovenEvent;

export const refreshOutcomes = {
  'refresh.rotated': 'success',
  'refresh.replayed': 'success',
  'refresh.refused': 'failure',
  'refresh.unproven': 'failure',
  'refresh.reused': 'failure',
} as const;
