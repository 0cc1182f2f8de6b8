// Judges whether a token is dead and why, from everything that is known of its user (Truth) or from
// an entry in Redis.
import type { AccessClaims } from '../tokens/access-token.js';

/**
 * Why a token is dead: its user is gone, its version is old, its session has ended, or it alone was
 * revoked.
 */
export type Verdict = 'live' | 'user_gone' | 'version_stale' | 'session_revoked' | 'token_revoked';

export type Claims = Pick<AccessClaims, 'sub' | 'sid' | 'jti' | 'tokenVersion'>;

/** Everything that decides about one user's tokens, as one statement saw it. */
export interface Truth {
  /** `gone`: there is no such user. */
  readonly version: number | 'gone';
  /** `s:<sid>` and `j:<jti>` */
  readonly revoked: readonly string[];
}

export const sessionRef = ({ sid }: Pick<Claims, 'sid'>) => `s:${sid}`;
export const tokenRef = ({ jti }: Pick<Claims, 'jti'>) => `j:${jti}`;

export const judge = ({ version, revoked }: Truth, claims: Claims): Verdict =>
  decide(claims, version, revoked.includes(sessionRef(claims)), revoked.includes(tokenRef(claims)));

export function decide(
  claims: Claims,
  version: number | 'gone',
  isSessionRevoked: boolean,
  isTokenRevoked: boolean,
): Verdict {
  if (version === 'gone') return 'user_gone';
  if (isSessionRevoked) return 'session_revoked';
  if (version !== claims.tokenVersion) return 'version_stale';
  return isTokenRevoked ? 'token_revoked' : 'live';
}
