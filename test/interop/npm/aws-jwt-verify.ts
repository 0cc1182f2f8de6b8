// aws-jwt-verify. It does not look at `typ`, and fetches key sets over https only.
import { JwtRsaVerifier } from 'aws-jwt-verify';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { overTls } from '../tls.js';
import { type Issuer, refusalOf, type Verify } from '../verifier.js';

export async function awsJwtVerify({ issuer, audience, jwksUri }: Issuer): Promise<Verify> {
  const { url, certificate } = await overTls(jwksUri);
  const fetcher = new SimpleFetcher({ defaultRequestOptions: { ca: certificate } });
  const verifier = JwtRsaVerifier.create(
    {
      issuer,
      audience,
      jwksUri: url,
      customJwtCheck: ({ header }) => {
        if (header.typ !== 'at+jwt') throw new Error('not an access token');
      },
    },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return (token) => refusalOf(verifier.verify(token));
}
