// Reads a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6). Pure: the signature is checked elsewhere.
import { type CompactJWSHeaderParameters, decodeJwt, decodeProtectedHeader } from 'jose';

export interface LogoutToken {
  readonly jti: string;
  readonly expiresAt: Date;
  /** One of them, or both. */
  readonly sid: string | undefined;
  readonly subject: string | undefined;
}

/** Why it is refused; for the log. */
export interface WrongLogoutToken {
  readonly wrong: string;
}

interface Expected {
  readonly issuer: string;
  readonly clientId: string;
  readonly now: Date;
}

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** As openid-client allows for ID tokens. */
const TOLERANCE_SECONDS = 30;
/** §2.4 recommends two minutes. Until it expires its `jti` is kept: not for long. */
const MAX_LIFE_SECONDS = 86_400;
const algorithms = new Set(['RS256', 'ES256']);
/** §2.4 recommends the first; many providers write the second or none. No ID token or access token has the first. */
const types = new Set(['logout+jwt', 'application/logout+jwt', 'jwt']);

const wrong = (text: string): WrongLogoutToken => ({ wrong: text });

/** @returns what it says, whoever signed it */
export function readLogoutToken(text: string, expected: Expected): LogoutToken | WrongLogoutToken {
  try {
    return judge(decodeProtectedHeader(text), decodeJwt(text), expected);
  } catch {
    return wrong('it is no signed JWT');
  }
}

function judge(
  { alg, typ }: Partial<CompactJWSHeaderParameters>,
  claims: Readonly<Record<string, unknown>>,
  { issuer, clientId, now }: Expected,
): LogoutToken | WrongLogoutToken {
  if (!algorithms.has(String(alg))) return wrong('it is not signed with RS256 or ES256');
  if (typ !== undefined && !types.has(typ.toLowerCase())) return wrong('its typ is not logout+jwt');
  const { iss, aud, iat, exp, jti, events, nonce, sub, sid } = claims;
  if (iss !== issuer) return wrong('its iss is not the issuer');
  if (![aud].flat().includes(clientId)) return wrong('its aud is not our client');
  const seconds = now.getTime() / 1_000;
  if (!isTime(iat) || iat > seconds + TOLERANCE_SECONDS) return wrong('its iat is missing or lies ahead');
  if (!isTime(exp) || exp <= seconds - TOLERANCE_SECONDS) return wrong('its exp is missing or has passed');
  if (exp > seconds + MAX_LIFE_SECONDS) return wrong('its exp lies more than a day ahead');
  if (!isLogout(events)) return wrong('its events are not those of a logout');
  // §2.4: so that no ID token passes for one.
  if (nonce !== undefined) return wrong('it has a nonce');
  if (!isId(jti)) return wrong('its jti is missing');
  if ((sub !== undefined && !isId(sub)) || (sid !== undefined && !isId(sid))) return wrong('its sub or sid is no text');
  if (sub === undefined && sid === undefined) return wrong('it has neither sub nor sid');
  return { jti, expiresAt: new Date((exp + TOLERANCE_SECONDS) * 1_000), sid, subject: sub };
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** OpenID Connect Core §2: at most 255 ASCII characters. */
const isId = (value: unknown): value is string => typeof value === 'string' && /^[\x20-\x7e]{1,255}$/.test(value);

/** §2.4: an object with the member, whose value is an object. */
function isLogout(events: unknown): boolean {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject(events) && isObject(Object.entries(events as object).find(([name]) => name === LOGOUT_EVENT)?.[1]);
}
