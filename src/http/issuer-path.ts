// Serves the metadata of an issuer with a path at the addresses that the standards define.
import type { IncomingMessage } from 'node:http';

const OAUTH = '/.well-known/oauth-authorization-server';
const OPENID = '/.well-known/openid-configuration';

/** @returns a URL rewriter for Fastify; undefined if the issuer has no path */
export function metadataOfIssuerPath(issuer: string): ((request: IncomingMessage) => string) | undefined {
  const path = new URL(issuer).pathname.replace(/\/+$/, '');
  if (path === '') return undefined;
  const places = new Map([
    [`${OAUTH}${path}`, OAUTH], // RFC 8414 §3.1
    [`${OPENID}${path}`, OPENID], // RFC 8414 §5
    [`${path}${OPENID}`, OPENID], // OpenID Connect Discovery §4.1
  ]);
  return ({ url = '/' }) => {
    const [asked = '', query] = url.split('?', 2);
    const place = places.get(asked);
    if (place === undefined) return url;
    return query === undefined ? place : `${place}?${query}`;
  };
}
