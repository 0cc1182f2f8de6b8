import { SetMetadata } from '@nestjs/common';

export const NEEDS_RECENT_PROOF = Symbol('recent proof');

export interface DemandedProof {
  /** How old it may be; STEP_UP_MAX_AGE_SECONDS without it. */
  readonly maxAgeSeconds?: number;
  /** Of accounts without a second factor nothing is demanded: the route asks for their password itself. */
  readonly onlyWithFactor?: true;
  /** The route sets a second factor up: somebody whose role needs one, and who has none yet, must get this far. */
  readonly maySetUpFirst?: true;
}

/**
 * A route for the gravest acts: whoever calls it has signed in, or proved who they are again, a short time ago, and with
 * two factors where the account has a second one or the role needs it (ASVS 7.5.1, 7.5.3).
 */
export const NeedsRecentProof = (demanded: DemandedProof = {}) => SetMetadata(NEEDS_RECENT_PROOF, demanded);
