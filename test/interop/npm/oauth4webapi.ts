// oauth4webapi, on which openid-client stands: validateJwtAccessToken does what RFC 9068 §4 demands, at+jwt included.
import { allowInsecureRequests, validateJwtAccessToken } from 'oauth4webapi';
import { type Issuer, refusalOf, type Verify } from '../verifier.js';

export function oauth4webapi({ issuer, audience, jwksUri }: Issuer): Verify {
  const server = { issuer, jwks_uri: jwksUri };
  const options = { [allowInsecureRequests]: true, signingAlgorithms: ['RS256'] };
  return (token) => {
    const request = new Request('http://sibling.test/', { headers: { authorization: `Bearer ${token}` } });
    return refusalOf(validateJwtAccessToken(server, request, audience, options));
  };
}
