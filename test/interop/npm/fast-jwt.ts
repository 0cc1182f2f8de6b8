// fast-jwt with the keys of get-jwks, which @fastify/jwt uses.
import { createVerifier, type DecodedJwt } from 'fast-jwt';
import buildGetJwks from 'get-jwks';
import { type Issuer, refusalOf, type Verify } from '../verifier.js';

export function fastJwt({ issuer, audience, jwksUri }: Issuer): Verify {
  const { origin, pathname } = new URL(jwksUri);
  const keys = buildGetJwks({ jwksPath: pathname });
  const verify = createVerifier({
    key: async ({ header }: DecodedJwt) =>
      keys.getPublicKey({ domain: origin, alg: 'RS256', kid: String(header['kid']) }),
    algorithms: ['RS256'],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: 'at+jwt',
    requiredClaims: ['iss', 'aud', 'exp', 'sub'],
  });
  return (token) => refusalOf(verify(token));
}
