// Events of what operators and administrators do to accounts. A part of events.ts.
import type { Outcome } from './events.js';

interface OfUser {
  readonly userId: string;
}

interface ByWhom {
  /** A user's id, `operator`, or a provider whose claim says it. */
  readonly by: string;
  /** Why, in their words. The user does not see it. */
  readonly reason?: string;
}

export type AdminEvent = OfUser &
  ByWhom &
  (
    | { readonly type: 'user.disabled' | 'user.enabled' | 'user.invited' | 'email.corrected' }
    | { readonly type: 'role.changed'; readonly from: string; readonly to: string }
    /** Removed every second factor: so many. */
    | { readonly type: 'factors.reset'; readonly factors: number }
    /** All of them, or one. */
    | { readonly type: 'user.sessions_ended'; readonly sessions: number }
    | { readonly type: 'user.reset_mailed' }
  );

/** By its owner, or by whoever is named. */
export type DeletedEvent = OfUser & Partial<ByWhom> & { readonly type: 'user.deleted'; readonly sessions: number };

export const adminOutcomes: Readonly<Record<(AdminEvent | DeletedEvent)['type'], Outcome>> = {
  'user.disabled': 'success',
  'user.enabled': 'success',
  'user.invited': 'success',
  'user.deleted': 'success',
  'email.corrected': 'success',
  'role.changed': 'success',
  'factors.reset': 'success',
  'user.sessions_ended': 'success',
  'user.reset_mailed': 'success',
};
