// Events of second factors. A part of events.ts.
import type { Outcome } from './events.js';

interface OfUser {
  readonly userId: string;
}

export type FactorEvent =
  | ({ readonly type: 'factor.removed'; readonly kind: 'totp' | 'passkey' } & OfUser)
  /** An operator removed every second factor: so many. */
  | ({ readonly type: 'factors.reset'; readonly factors: number; readonly by: string } & OfUser)
  /** The sessions that began without one, of roles that need one. */
  | {
      readonly type: 'sessions.without_factor_ended';
      readonly users: number;
      readonly sessions: number;
      readonly by: string;
    };

export const factorOutcomes: Readonly<Record<FactorEvent['type'], Outcome>> = {
  'factor.removed': 'success',
  'factors.reset': 'success',
  'sessions.without_factor_ended': 'success',
};
