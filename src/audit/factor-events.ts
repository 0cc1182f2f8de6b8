// Events of second factors. A part of events.ts.
import type { Outcome } from './events.js';

interface OfUser {
  readonly userId: string;
}

/** An authenticator counts up: two that share one counter are copies of one (factors/passkeys/passkey-check.ts). */
export interface PasskeyCounterEvent extends OfUser {
  readonly type: 'passkey.counter_back';
}

export type FactorEvent =
  /** A second factor was wrong, used before, or is none of the user's; the first one was right. */
  | ({ readonly type: 'factor.failed'; readonly kind: string; readonly reason: string } & OfUser)
  /** Too many wrong codes: those of an app count no more until its owner uses another factor. */
  | ({ readonly type: 'factor.closed'; readonly failures: number } & OfUser)
  | ({ readonly type: 'recovery_code.used'; readonly left: number } & OfUser)
  | PasskeyCounterEvent
  | ({
      readonly type: 'factor.enrolled' | 'factor.removed';
      readonly kind: 'totp' | 'passkey' | 'recovery_codes';
    } & OfUser)
  /** The sessions that began without one, of roles that need one. */
  | {
      readonly type: 'sessions.without_factor_ended';
      readonly users: number;
      readonly sessions: number;
      readonly by: string;
    };

export const factorOutcomes: Readonly<Record<FactorEvent['type'], Outcome>> = {
  'passkey.counter_back': 'failure',
  'factor.failed': 'failure',
  'factor.closed': 'failure',
  'recovery_code.used': 'success',
  'factor.enrolled': 'success',
  'factor.removed': 'success',
  'sessions.without_factor_ended': 'success',
};
