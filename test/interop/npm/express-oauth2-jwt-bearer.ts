// express-oauth2-jwt-bearer in an Express application. `strict` makes it demand `typ: at+jwt` and what RFC 9068 demands.
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { listen, resource } from '../programs.js';
import type { Issuer, Verify } from '../verifier.js';

export async function expressOauth2JwtBearer({ issuer, audience, jwksUri }: Issuer): Promise<Verify> {
  const app = express();
  app.use(auth({ issuer, jwksUri, audience, tokenSigningAlg: 'RS256', strict: true }));
  app.get('/resource', (_request, response) => void response.end('ok'));
  return resource(await listen(app));
}
