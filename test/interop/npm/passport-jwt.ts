// passport-jwt with the keys of jwks-rsa, which most NestJS applications use. It does not look at `typ`.
import jwksRsa from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { Issuer, Verify } from '../verifier.js';

export function passportJwt({ issuer, audience, jwksUri }: Issuer): Verify {
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, cache: true }),
    issuer,
    audience,
    algorithms: ['RS256' as const],
    jsonWebTokenOptions: { complete: true },
  };
  return (token) =>
    new Promise((done) => {
      const strategy = new Strategy(options, ({ header, payload }, verified) =>
        verified(null, header.typ === 'at+jwt' ? payload : false),
      );
      // What passport does with a strategy for each request.
      Object.assign(strategy, {
        success: () => done(undefined),
        fail: (challenge?: Error | string) => done(challenge ? String(challenge) : 'refused'),
        error: (error: unknown) => done(String(error)),
      });
      strategy.authenticate({ headers: { authorization: `Bearer ${token}` } } as never);
    });
}
