// jsonwebtoken with the keys of jwks-rsa. It does not look at `typ`.
import jsonwebtoken, { type GetPublicKeyOrSecret } from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';
import type { Issuer, Verify } from '../verifier.js';

export function jsonWebToken({ issuer, audience, jwksUri }: Issuer): Verify {
  const client = jwksRsa({ jwksUri });
  const keyOf: GetPublicKeyOrSecret = (header, done) =>
    void client.getSigningKey(header.kid).then((key) => done(null, key.getPublicKey()), done);
  const rules = { issuer, audience, algorithms: ['RS256' as const], complete: true as const };
  return (token) =>
    new Promise((done) =>
      jsonwebtoken.verify(token, keyOf, rules, (error, verified) => {
        if (error) return done(error.message);
        return done(verified?.header.typ === 'at+jwt' ? undefined : 'not an access token');
      }),
    );
}
