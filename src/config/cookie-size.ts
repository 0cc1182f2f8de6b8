// Computes the size of the access token's cookie. Browsers silently drop cookies over 4,096 bytes (RFC 6265 §6.1).
import type { Settings } from './settings.js';

const MAX_COOKIE_BYTES = 4_096;

/** The longest claims that do not depend on settings: ids, times, methods, a role, an email address of 254. */
const OTHER_CLAIMS_BYTES = 254 + 620;
/** `{"alg":"RS256","typ":"at+jwt","kid":…}`; an imported key's kid has up to 64 characters. */
const HEADER_BYTES = 120;
/** `__Secure-access_token=; Max-Age=900; Domain=; Path=/; HttpOnly; Secure; SameSite=Lax` */
const LINE_BYTES = 90;

const base64url = (bytes: number) => Math.ceil((bytes * 4) / 3);

/** @returns a problem that names the settings which need the most space, the longest first */
export function accessCookieTooLong(values: Partial<Settings>): string[] {
  const issuer = values.JWT_ISSUER ?? values.PUBLIC_URL ?? '';
  // Without JWT_AUDIENCE the issuer is also the audience.
  const audiences = values.JWT_AUDIENCE ? JSON.stringify(values.JWT_AUDIENCE) : '';
  const shares = {
    JWT_ISSUER: base64url(Buffer.byteLength(issuer) * (audiences ? 1 : 2)),
    JWT_AUDIENCE: base64url(Buffer.byteLength(audiences)),
    COOKIE_DOMAIN: values.COOKIE_DOMAIN?.length ?? 0,
    SIGNING_KEY_BITS: base64url((values.SIGNING_KEY_BITS ?? 0) / 8),
  };
  const own = LINE_BYTES + base64url(HEADER_BYTES) + base64url(OTHER_CLAIMS_BYTES) + 2;
  const total = Object.values(shares).reduce((sum, share) => sum + share, own);
  if (total <= MAX_COOKIE_BYTES) return [];
  const causes = Object.entries(shares)
    .filter(([, share]) => share > 300)
    .toSorted(([, one], [, other]) => other - one)
    .map(([name]) => name);
  const names = causes.length > 0 ? causes : Object.keys(shares);
  return [
    `${names.join(' and ')} must be shorter: the access token's cookie could take ${total} bytes, ` +
      `and browsers drop cookies over ${MAX_COOKIE_BYTES}`,
  ];
}
