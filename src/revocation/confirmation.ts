// Whether Redis has confirmed a revocation, and what a client receives when it has not.
import { Refusal } from '../errors.js';

/**
 * Whether every instance is known to refuse what was ended; false until the transaction is
 * committed.
 */
export interface Confirmation {
  readonly isConfirmed: boolean;
}

/**
 * For controllers only: what is committed stays committed, and the client learns that it may take
 * up to a minute.
 * @param session overrides the verdict `ended`, for acts that end other sessions than the caller's
 * @throws Refusal `revocation_unconfirmed`
 */
export function assertConfirmed({ isConfirmed }: Confirmation, session?: 'keep' | 'ended'): void {
  if (!isConfirmed) throw new Refusal('revocation_unconfirmed', session ? { session } : {});
}
