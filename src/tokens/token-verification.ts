// Verifies access tokens: the key, the options, the claims and the expiry. The guard, the passport strategy and the
// routes that end sessions share it.
import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { CLOCK_LEEWAY_SECONDS } from '../../packages/contract/src/claims.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { KeyRing } from '../keys/key-ring.js';
import { type AccessClaims, claimsOf, kidOf } from './access-token.js';
import { type ServiceClaims, serviceClaimsOf } from './service-token.js';
import { VerifiedTokens } from './verified-tokens.js';

@Injectable()
export class TokenVerification {
  /** For jsonwebtoken. It ignores the expiry, so that an expired token gets another code than a forged one. */
  readonly options;
  private readonly verified: VerifiedTokens;

  constructor(
    private readonly keyRing: KeyRing,
    config: Config,
    private readonly jwt: JwtService,
  ) {
    this.verified = new VerifiedTokens(keyRing);
    const { issuer, audiences } = config;
    this.options = { algorithms: ['RS256' as const], issuer, audience: audiences[0], ignoreExpiration: true };
  }

  /**
   * @returns the claims of a token whose signature was checked before, with a key that is still trusted
   * @throws Refusal `unavailable` when PostgreSQL cannot confirm that trust
   */
  async recall(token: string): Promise<AccessClaims | undefined> {
    if (this.keyRing.isUnconfirmed) await this.keyRing.confirm();
    return this.verified.claimsOf(token);
  }

  /**
   * @returns a KeyObject, so that jsonwebtoken does not parse a PEM for each request
   * @throws Refusal `unauthenticated`, `token_stale`, `token_expired`, `unavailable`
   */
  async keyOf(token: string): Promise<KeyObject> {
    return this.keyRing.trustedKey(ownKidOf(token));
  }

  /**
   * Remembers a token whose signature was verified.
   * @throws Refusal `unauthenticated` when a claim is missing or of another type, `user_token_required` for the token of
   * a service
   */
  accept(token: string, kid: string, payload: unknown): AccessClaims {
    const claims = claimsOf(payload);
    if (!claims) throw new Refusal(serviceClaimsOf(payload) ? 'user_token_required' : 'unauthenticated');
    this.verified.remember(token, kid, claims);
    return claims;
  }

  /** Uses the database's time: this machine's clock may be wrong. @throws Refusal `token_expired` */
  assertCurrent({ exp }: Pick<AccessClaims, 'exp'>): void {
    if (exp + CLOCK_LEEWAY_SECONDS <= this.keyRing.now().getTime() / 1000) throw new Refusal('token_expired');
  }

  /** By the database's time, too. @returns whether that time was at most so many seconds ago */
  isWithin(seconds: number, time: Date): boolean {
    return time.getTime() + seconds * 1000 > this.keyRing.now().getTime();
  }

  /**
   * Verifies everything but the expiry, for acts that end the session of an expired token. A key that this instance has
   * not seen is loaded; a revoked key is refused.
   * @throws Refusal `unauthenticated`, `user_token_required`, `token_stale`, `unavailable`
   */
  async intactClaims(token: string): Promise<AccessClaims> {
    const kid = ownKidOf(token);
    const key = await this.keyRing.formerKey(kid);
    try {
      return this.accept(token, kid, this.payloadOf(token, key));
    } catch (cause) {
      throw cause instanceof Refusal ? cause : new Refusal('unauthenticated', { cause });
    }
  }

  /**
   * Verifies a token of a user or of a service for somebody else than this service's own routes: the caller of this
   * checks the audience, and the expiry.
   * @throws Refusal `unauthenticated`, `token_stale`, `token_expired`, `unavailable`
   */
  async claimsForAnyAudience(token: string): Promise<AccessClaims | ServiceClaims> {
    const known = await this.recall(token);
    if (known) return known;
    const key = await this.keyOf(token);
    const payload = this.payloadForAnyAudience(token, key);
    const claims = claimsOf(payload) ?? serviceClaimsOf(payload);
    if (!claims) throw new Refusal('unauthenticated');
    return claims;
  }

  private payloadForAnyAudience(token: string, key: KeyObject): object {
    const { algorithms, issuer, ignoreExpiration } = this.options;
    try {
      return this.jwt.verify<object>(token, {
        algorithms,
        issuer,
        ignoreExpiration,
        publicKey: key as unknown as string,
      });
    } catch (cause) {
      throw new Refusal('unauthenticated', { cause });
    }
  }

  /** Tells a token of ours from a planted one, by the keys in memory: for choosing among several, never for a verdict. */
  seemsIntact(token: string): boolean {
    const kid = kidOf(token);
    const key = kid === undefined ? undefined : this.keyRing.keyInMemory(kid);
    try {
      return key !== undefined && claimsOf(this.payloadOf(token, key)) !== undefined;
    } catch {
      return false;
    }
  }

  /** jsonwebtoken takes a KeyObject; the type of @nestjs/jwt says string or buffer. */
  private payloadOf(token: string, key: KeyObject): object {
    return this.jwt.verify<object>(token, { ...this.options, publicKey: key as unknown as string });
  }
}

/** @throws Refusal `unauthenticated` for what is no access token of ours */
function ownKidOf(token: string): string {
  const kid = kidOf(token);
  if (kid === undefined) throw new Refusal('unauthenticated', { cause: new Error('not an access token of ours') });
  return kid;
}
