import { applyDecorators, SetMetadata } from '@nestjs/common';
import { NeedsRecentProof } from './recent-proof.decorator.js';
import { SkipVerdictCache } from './skip-verdict-cache.decorator.js';

export const FOR_ADMINISTRATORS = Symbol('for administrators');

/** A stranger at the unattended desk of an administrator has this long at most. STEP_UP_MAX_AGE_SECONDS does not change it. */
const MAX_AGE_SECONDS = 15 * 60;

/**
 * A controller for administrators only: the role is read from the database at each request, and their proof of identity is
 * recent, with two factors where the role needs them (auth/administrator.guard.ts, auth/recent-proof.guard.ts).
 */
export const ForAdministrators = () =>
  applyDecorators(
    SetMetadata(FOR_ADMINISTRATORS, true),
    SkipVerdictCache(),
    NeedsRecentProof({ maxAgeSeconds: MAX_AGE_SECONDS }),
  );
