// Events of identities at providers. A part of events.ts.
import type { Outcome } from './events.js';

/** The provider by its id; a subject is personal data, and stands in no event. */
export interface IdentityEvent {
  readonly type: 'identity.linked' | 'identity.removed';
  readonly userId: string;
  readonly provider: string;
}

export const identityOutcomes: Readonly<Record<IdentityEvent['type'], Outcome>> = {
  'identity.linked': 'success',
  'identity.removed': 'success',
};
