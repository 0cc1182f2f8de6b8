// The check that every adapter makes of a request, and the answer that a refused one receives.
import type { AccessTokenClaims } from '../../contract/src/claims.js';
import { authorise, type Demands } from './authorise.js';
import { isVerificationError, VerificationError } from './errors.js';
import { type CookieOptions, type IncomingRequest, presentedTokens } from './presented-token.js';
import type { StalePolicy } from './settings.js';
import { PROOF_ALGORITHMS } from './possession.js';
import type { Verifier, VerifyOptions } from './verifier.js';

/** How a route, or all of them, are protected. */
export interface Protection extends Demands {
  /** Also take the issuer's shared cookie. Without it, only the header `Authorization` counts. */
  readonly cookie?: CookieOptions;
  /** Overrides the verifier's choice. */
  readonly onStale?: StalePolicy;
}

const CLAIMS = Symbol.for('watchword.claims');

/**
 * Extracts the token of a request, verifies it and checks the demands. The claims stay with the request: see
 * {@link claimsOf}.
 *
 * @returns the claims of the caller
 * @throws {@link VerificationError}
 */
export async function checkRequest(
  verifier: Verifier,
  request: IncomingRequest,
  { cookie, onStale, ...demands }: Protection = {},
): Promise<AccessTokenClaims> {
  const tokens = presentedTokens(request, cookie);
  const options = onStale === undefined ? { request } : { request, onStale };
  const claims = await claimsOfOne(verifier, tokens, options);
  authorise(claims, demands);
  Object.defineProperty(request, CLAIMS, { value: claims, configurable: true });
  return claims;
}

/**
 * Of several copies of the cookie, those that a sibling subdomain planted without a token of the issuer do not count.
 * Good ones of different sessions leave no way to tell whose request it is.
 */
async function claimsOfOne(verifier: Verifier, tokens: readonly string[], options: VerifyOptions) {
  const [first, ...others] = tokens;
  if (first === undefined) throw new VerificationError('unauthenticated');
  if (others.length === 0) return verifier.verify(first, options);
  const verdicts = await Promise.allSettled(tokens.map((token) => verifier.verify(token, options)));
  const good = verdicts.flatMap((verdict) => (verdict.status === 'fulfilled' ? [verdict.value] : []));
  const [youngest] = good.toSorted((a, b) => b.iat - a.iat);
  if (good.some(({ sid }) => sid !== youngest?.sid)) throw new VerificationError('ambiguous_token');
  // None is good: the first one's error says why.
  return youngest ?? verifier.verify(first, options);
}

/**
 * @param request one that {@link checkRequest} or an adapter has let through
 * @returns its claims
 * @throws Error when no check has let the request through: the route is not protected
 */
export function claimsOf(request: object): AccessTokenClaims {
  const found: AccessTokenClaims | undefined = Object.getOwnPropertyDescriptor(request, CLAIMS)?.value;
  if (!found) throw new Error('The route is not protected, so the request has no claims.');
  return found;
}

/** The answer to a refused request, for any framework. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text (RFC 9457). */
  readonly body: string;
}

/**
 * @param error what {@link checkRequest} threw; any other error is thrown on, for the framework
 * @param requestId named in the answer, so that a caller can report it
 */
export function answerTo(error: unknown, request: IncomingRequest, requestId?: string): RefusedAnswer {
  if (!isVerificationError(error)) throw error;
  const challenge = challengeOf(error, request.headers['authorization'] !== undefined);
  return {
    status: error.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      ...(error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }),
    },
    body: JSON.stringify(error.toProblem(requestId)),
  };
}

/** RFC 9449 §7.1. */
const dpopErrors: ReadonlyMap<string, string> = new Map([
  ['dpop_scheme_mismatch', 'invalid_token'],
  ['dpop_access_proof_invalid', 'invalid_dpop_proof'],
]);

/** RFC 6750 §3: no error code without credentials; with bad credentials, the code and the reason. RFC 9470 §3. */
function challengeOf(error: VerificationError, usedBearer: boolean): string | undefined {
  const dpopError = dpopErrors.get(error.code);
  if (dpopError !== undefined)
    return `DPoP realm="watchword", error="${dpopError}", error_description="${error.message}", algs="${PROOF_ALGORITHMS}"`;
  const realm = 'Bearer realm="watchword"';
  const because = (code: string) => `${realm}, error="${code}", error_description="${error.message}"`;
  if (error.code === 'reauthentication_required') {
    const age = error.maxAge === undefined ? '' : `, max_age="${error.maxAge}"`;
    const acr = error.acrValues === undefined ? '' : `, acr_values="${error.acrValues.join(' ')}"`;
    return `${because('insufficient_user_authentication')}${acr}${age}`;
  }
  if (error.status === 401) return usedBearer ? because('invalid_token') : realm;
  if (!usedBearer) return undefined;
  if (error.code === 'ambiguous_token') return `${realm}, error="invalid_request"`;
  return error.code === 'forbidden' ? because('insufficient_scope') : undefined;
}
