// jose, as a sibling in Node uses it.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type Issuer, refusalOf, type Verify } from '../verifier.js';

export function jose({ issuer, audience, jwksUri }: Issuer): Verify {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  const rules = { issuer, audience, algorithms: ['RS256'], typ: 'at+jwt', requiredClaims: ['exp', 'sub'] };
  return (token) => refusalOf(jwtVerify(token, keys, rules));
}
