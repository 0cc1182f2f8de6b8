// Verifies the access token of a request with passport-jwt, when its signature was not checked before.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { PresentedToken } from '../tokens/presented-token.js';
import type { AccessClaims } from '../tokens/access-token.js';
import { TokenVerification } from '../tokens/token-verification.js';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  /**
   * passport keeps names in one table for the whole process: under the plain name the last app in it would judge for
   * all. Never hand passport the instance itself: it would write each request's callbacks onto it.
   */
  readonly registeredAs = `jwt-${randomUUID()}`;

  constructor(
    private readonly presented: PresentedToken,
    private readonly verification: TokenVerification,
  ) {
    super({
      ...verification.options,
      // passport's types speak of Express; the request is Fastify's.
      jwtFromRequest: (request: unknown) => presented.of(request as FastifyRequest)?.text ?? null,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
        verification.keyOf(token).then((key) => done(null, key as never), done);
      },
      jsonWebTokenOptions: { complete: true }, // the header comes too, so that the kid is read once
      passReqToCallback: true,
    });
    passport.use(this.registeredAs, this as unknown as passport.Strategy);
  }

  /** @throws Refusal `unauthenticated` */
  validate(request: FastifyRequest, token: { header: { kid: string }; payload: unknown }): AccessClaims {
    return this.verification.accept(this.presented.of(request)?.text ?? '', token.header.kid, token.payload);
  }
}
