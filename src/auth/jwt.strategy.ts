// Is this access token ours, intact, current and not revoked?
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import type { Principal } from '../http/principal.js';
import { KeyRing } from '../keys/key-ring.js';
import { Revocations } from '../revocation/revocations.js';
import type { Verdict } from '../revocation/verdict.js';
import { type AccessClaims, claimsOf, EXPIRY_LEEWAY_SECONDS, kidOf } from '../tokens/access-token.js';
import { PresentedToken } from './presented-token.js';
import { VerifiedTokens } from './verified-tokens.js';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  /**
   * passport keeps names in one table for the whole process: under the plain name the last app in it would judge for
   * all. Never hand passport the instance itself: it would write each request's callbacks onto it.
   */
  readonly registeredAs = `jwt-${randomUUID()}`;
  private readonly fresh = new WeakSet<object>();
  private readonly verified: VerifiedTokens;

  constructor(
    private readonly presented: PresentedToken,
    keyRing: KeyRing,
    config: Config,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {
    super({
      // passport's types speak of Express; the request is Fastify's.
      jwtFromRequest: (request: unknown) => presented.of(request as FastifyRequest)?.text ?? null,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
        const kid = kidOf(token);
        if (kid === undefined) return done(new Error('not an access token of ours'));
        // jsonwebtoken takes the KeyObject, which spares it parsing a PEM for each request.
        keyRing.trustedKey(kid).then((key) => done(null, key as never), done);
      },
      algorithms: ['RS256'],
      issuer: config.issuer,
      audience: config.audiences[0],
      ignoreExpiration: true, // judged below, to tell an expired token from a forged one
      passReqToCallback: true,
    });
    this.verified = new VerifiedTokens(keyRing);
    passport.use(this.registeredAs, this as unknown as passport.Strategy);
  }

  /** For this request nothing that Redis remembers counts. */
  judgeFreshly(request: object): void {
    this.fresh.add(request);
  }

  /**
   * A token whose signature was checked before is spared passport and the arithmetic, and nothing else.
   * @returns undefined for any other token; passport then goes the whole way
   * @throws Refusal when the token is dead
   */
  recognise(request: FastifyRequest): Promise<Principal> | undefined {
    const { text } = this.presented.of(request) ?? {};
    const claims = text === undefined ? undefined : this.verified.claimsOf(text);
    return claims && this.judge(request, claims);
  }

  /** @throws Refusal when the token is dead */
  validate(request: object, payload: unknown): Promise<Principal> {
    const claims = claimsOf(payload);
    if (!claims) throw new Refusal('unauthenticated');
    this.verified.remember(this.presented.of(request as FastifyRequest)?.text ?? '', claims);
    return this.judge(request, claims);
  }

  private async judge(request: object, claims: AccessClaims): Promise<Principal> {
    if (claims.exp + EXPIRY_LEEWAY_SECONDS <= this.clock.now().getTime() / 1000) throw new Refusal('token_expired');
    const verdict = await this.revocations.verdictFor(claims, this.fresh.has(request));
    if (verdict !== 'live') throw refusalFor[verdict]();
    return {
      userId: claims.sub,
      sessionId: claims.sid,
      tokenId: claims.jti,
      role: claims.role,
      tokenVersion: claims.tokenVersion,
      authenticatedAt: new Date(claims.auth_time * 1000),
      methods: claims.amr,
    };
  }
}

const refusalFor: Readonly<Record<Exclude<Verdict, 'live'>, () => Refusal>> = {
  user_gone: () => new Refusal('token_revoked'),
  session_revoked: () => new Refusal('token_revoked'),
  token_revoked: () => new Refusal('token_revoked', { session: 'keep' }),
  version_stale: () => new Refusal('token_stale'),
};
