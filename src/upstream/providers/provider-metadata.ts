// Judges what a provider says about itself (OpenID Connect Discovery §3). Pure: no clock, no I/O.
import type { ServerMetadata } from 'openid-client';

const required = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
const optional = ['userinfo_endpoint', 'end_session_endpoint'] as const;

/**
 * @param issuer of UPSTREAM_PROVIDERS
 * @param mayBePlain whether http will do: outside production, for an issuer that is http itself
 * @returns what is wrong with it, for the log; undefined for nothing
 */
export function faultIn(
  metadata: ServerMetadata,
  { issuer, mayBePlain }: { readonly issuer: string; readonly mayBePlain: boolean },
): string | undefined {
  // Byte for byte (§4.3): the library compares URLs, which have more than one spelling.
  if (metadata.issuer !== issuer)
    return 'the issuer of the metadata is not the one of UPSTREAM_PROVIDERS, byte for byte';
  const missing = required.find((name) => metadata[name] === undefined);
  if (missing !== undefined) return `the metadata has no ${missing}`;
  const wrong = [...required, ...optional].find((name) => {
    const address: unknown = metadata[name];
    return address !== undefined && !isAddress(address, mayBePlain);
  });
  return wrong === undefined ? undefined : `the ${wrong} of the metadata is no https address`;
}

function isAddress(value: unknown, mayBePlain: boolean): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol } = new URL(value);
  return protocol === 'https:' || (mayBePlain && protocol === 'http:');
}
