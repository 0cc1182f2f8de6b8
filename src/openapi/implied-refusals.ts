// Derives refusals of a route from its method and its decorators, so that no route repeats them.
import type { RefusalCode } from '../errors.js';
import type { Route } from './routes.js';

const ofClosed: readonly RefusalCode[] = [
  ...(['unauthenticated', 'token_expired', 'token_stale', 'token_revoked'] as const),
  ...(['ambiguous_token', 'user_token_required', 'unavailable'] as const),
  ...(['dpop_scheme_mismatch', 'dpop_access_proof_invalid', 'dpop_nonce_required'] as const),
];

const ofServices: readonly RefusalCode[] = ['invalid_client', 'too_many_attempts', 'unavailable'];

/** The cross-site guard refuses them, and their body is read. */
const ofUnsafe: readonly RefusalCode[] = ['csrf_rejected', 'body_too_large', 'unsupported_media_type'];

/** @returns the codes of all refusals of the route but `internal_error`, which any route may answer */
export function refusalsOf(route: Route): RefusalCode[] {
  const codes: RefusalCode[] = [
    'invalid_request',
    ...(route.method === 'GET' ? [] : ofUnsafe),
    ...(route.isPublic ? [] : ofClosed),
    ...(route.isForServices ? ofServices : []),
    ...(route.isForAdministrators ? (['forbidden'] as const) : []),
    ...(route.needsRecentProof ? (['reauthentication_required'] as const) : []),
    ...(route.costsHash ? (['overloaded'] as const) : []),
    ...(route.takesKeyProof ? (['dpop_proof_invalid', 'dpop_nonce_required'] as const) : []),
    ...(route.startsSession ? (['dpop_proof_required'] as const) : []),
    ...(route.documentation.refuses ?? []),
  ];
  return [...new Set(codes)];
}
