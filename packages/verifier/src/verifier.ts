// The verifier of a sibling: access tokens are verified offline, revocations come by the issuer's feed.
import type { AccessTokenClaims } from '../../contract/src/claims.js';
import { kidOf, verifiedClaims } from './access-token.js';
import { Discovery } from './discovery.js';
import { VerificationError } from './errors.js';
import { RevocationFeed } from './feed.js';
import { IssuerKeys } from './issuer-keys.js';
import { assertPossession } from './possession.js';
import type { IncomingRequest } from './presented-token.js';
import type { RevocationVerdict } from './revocation-set.js';
import { type Settings, settingsOf, type StalePolicy, type VerifierOptions } from './settings.js';

/** How the feed is, for a readiness route or a metric. */
export interface FeedHealth {
  /** Whether routes with the policy `refuse` answer. */
  readonly isFresh: boolean;
  /** Seconds since the issuer last confirmed what is known; Infinity before the first time. */
  readonly ageSeconds: number;
  /** The number of revocations that are known. */
  readonly entries: number;
  /** Why the last request for the feed failed; undefined if it did not. */
  readonly lastError: unknown;
}

/** What {@link Verifier.verify} may know beside the token. */
export interface VerifyOptions {
  readonly onStale?: StalePolicy;
  readonly request?: IncomingRequest;
}

/** Verifies access tokens of one issuer. Make one for each process with {@link createVerifier}. */
export interface Verifier extends AsyncDisposable {
  /**
   * Verifies a token: signature (RS256, RFC 7518 §3.3), `typ`, `iss`, `aud`, `exp` with 30 seconds of leeway (RFC 9068
   * §4), the type of every claim, and that the issuer has not revoked it, its session, its user's tokens or its key.
   * It asks the issuer for nothing, but for a key that it has never seen.
   *
   * A token that is bound to a key (`cnf`, RFC 9449) also needs the scheme DPoP and a proof of that key for this request.
   *
   * @param token the text after `Bearer ` or `DPoP `
   * @param options `onStale` overrides the verifier's choice for this token; `request` is what it came with, without which
   * a bound token is refused
   * @returns the claims; `claims.sid === undefined` tells a service from a person
   * @throws {@link VerificationError} `unauthenticated`, `token_expired`, `token_stale`, `token_revoked`,
   * `dpop_scheme_mismatch`, `dpop_access_proof_invalid` (401), or
   * `unavailable` (503) when the keys cannot be had, or the feed is older than `maxFeedAge` and the policy is `refuse`
   */
  verify(token: string, options?: VerifyOptions): Promise<AccessTokenClaims>;
  /** How the feed is. */
  health(): FeedHealth;
  /** Stops following the feed. Without it the process does not end by itself. */
  close(): void;
}

/**
 * Creates a verifier, which at once begins to follow the issuer's feed. It never throws for an issuer that is away: the
 * tokens are refused with 503 until it comes back.
 *
 * @throws TypeError, RangeError when an option is wrong
 * @example
 * const verifier = createVerifier({ issuer: 'https://auth.example.com', audience: 'https://orders.example.com' });
 * const claims = await verifier.verify(token);
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return new FollowingVerifier(settingsOf(options));
}

const refusalFor: Readonly<Record<Exclude<RevocationVerdict, 'live'>, () => VerificationError>> = {
  session_revoked: () => new VerificationError('token_revoked'),
  token_revoked: () => new VerificationError('token_revoked', { session: 'keep' }),
  version_stale: () => new VerificationError('token_stale'),
};

class FollowingVerifier implements Verifier {
  private readonly keys: IssuerKeys;
  private readonly feed: RevocationFeed;
  private isClosed = false;

  constructor(private readonly settings: Settings) {
    const discovery = new Discovery(settings);
    this.keys = new IssuerKeys(discovery, settings);
    this.feed = new RevocationFeed(discovery, this.keys, settings);
  }

  async verify(token: string, { onStale = this.settings.onStale, request }: VerifyOptions = {}) {
    if (this.isClosed) throw new VerificationError('unavailable', { cause: new Error('the verifier is closed') });
    const kid = kidOf(token);
    await this.feed.firstAttempt;
    if (this.feed.revocations.revokesKey(kid))
      throw new VerificationError('token_stale', { cause: new Error(`the key ${kid} was revoked`) });
    const claims = await verifiedClaims(token, this.keys.forTokens, this.settings);
    await assertPossession(token, claims, request, this.settings);
    // The feed may have moved on while the signature was checked.
    const { revocations } = this.feed;
    const verdict = revocations.revokesKey(kid) ? 'version_stale' : revocations.verdictOf(claims);
    if (verdict !== 'live') throw refusalFor[verdict]();
    if (onStale !== 'accept' && this.feed.isStale)
      throw new VerificationError('unavailable', { cause: this.feed.lastError ?? new Error('the feed is stale') });
    return claims;
  }

  health(): FeedHealth {
    const { isStale, age, revocations, lastError } = this.feed;
    return { isFresh: !isStale, ageSeconds: age, entries: revocations.size, lastError };
  }

  close(): void {
    this.isClosed = true;
    this.feed.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
