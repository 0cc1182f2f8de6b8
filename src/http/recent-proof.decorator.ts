import { SetMetadata } from '@nestjs/common';

export const NEEDS_RECENT_PROOF = Symbol('recent proof');

/**
 * A route for the gravest acts: whoever calls it has signed in, or proved who they are again, within the last
 * STEP_UP_MAX_AGE_SECONDS (ASVS 7.5.3).
 */
export const NeedsRecentProof = () => SetMetadata(NEEDS_RECENT_PROOF, true);
