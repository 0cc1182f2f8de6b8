// Checks what a route demands of a caller whose token is good: roles, scopes, a recent sign-in.
import { ACR_VALUES, type AccessTokenClaims } from '../../contract/src/claims.js';
import { VerificationError } from './errors.js';

/** The demands of a route. All that are given must be met. */
export interface Demands {
  /** One of these roles. A service has no role, so it never meets this. */
  readonly roles?: readonly string[];
  /** All of these words in `scope`. A person's token has none, so it never meets this. */
  readonly scopes?: readonly string[];
  /**
   * One of these classes of a sign-in (`acr`, OpenID Connect Core §2). Of Watchword's own, `urn:watchword:1fa` <
   * `urn:watchword:2fa` < `phr`, a stronger one than the demanded one will do.
   */
  readonly acr?: string | readonly string[];
  /** How long ago the caller may have proved who they are, in seconds (`auth_time`, RFC 9470). */
  readonly maxAge?: number;
}

/**
 * @param claims what {@link Verifier.verify} returned
 * @param now milliseconds since 1970; the issuer's clock wrote `auth_time`, and may differ
 * @throws {@link VerificationError} `forbidden`, or `reauthentication_required` where a new proof of identity helps
 */
export function authorise(claims: AccessTokenClaims, demands: Demands, now: number = Date.now()): void {
  const { roles, scopes, acr, maxAge } = demands;
  const held = new Set(claims.scope?.split(' '));
  if (roles && (claims.role === undefined || !roles.includes(claims.role))) throw new VerificationError('forbidden');
  if (scopes && !scopes.every((scope) => held.has(scope))) throw new VerificationError('forbidden');
  const acrValues = typeof acr === 'string' ? [acr] : acr;
  const isStrong = !acrValues || acrValues.some((demanded) => isAsStrong(classOf(claims), demanded));
  const isRecent = maxAge === undefined || (claims.auth_time ?? -Infinity) + maxAge > now / 1_000;
  if (isStrong && isRecent) return;
  // A service cannot sign in again.
  if (claims.sid === undefined) throw new VerificationError('forbidden');
  throw new VerificationError('reauthentication_required', {
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(acrValues === undefined ? {} : { acrValues }),
  });
}

/** A person's token without a class proves one factor: releases before the classes knew no other. */
const classOf = ({ sid, acr }: AccessTokenClaims) => (sid === undefined ? undefined : (acr ?? ACR_VALUES[0]));

function isAsStrong(held: string | undefined, demanded: string): boolean {
  const order: readonly (string | undefined)[] = ACR_VALUES;
  return held === demanded || (order.includes(demanded) && order.indexOf(held) > order.indexOf(demanded));
}
