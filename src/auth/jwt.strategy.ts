// Verifies the access token of a request with passport-jwt, unless its signature was checked before.
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
   * passport keeps strategies by name in one table per process: under a plain name the last app would verify for all.
   * The guard must pass the name, not the instance: passport would write each request's callbacks onto the instance.
   */
  readonly registeredAs = `jwt-${randomUUID()}`;

  constructor(
    private readonly presented: PresentedToken,
    private readonly verification: TokenVerification,
  ) {
    super({
      ...verification.options,
      // passport's types assume Express; the request is Fastify's.
      jwtFromRequest: (request: unknown) => presented.of(request as FastifyRequest)?.text ?? null,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
        verification.keyOf(token).then((key) => done(null, key as never), done);
      },
      jsonWebTokenOptions: { complete: true }, // returns the header, too, so that the kid is parsed once
      passReqToCallback: true,
    });
    passport.use(this.registeredAs, this as unknown as passport.Strategy);
  }

  /** @throws Refusal `unauthenticated` */
  validate(request: FastifyRequest, token: { header: { kid: string }; payload: unknown }): AccessClaims {
    return this.verification.accept(this.presented.of(request)?.text ?? '', token.header.kid, token.payload);
  }
}
