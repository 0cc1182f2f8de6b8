// Verifies an access token (RFC 9068) offline: form, header, signature, issuer, audience, time and every claim's type.
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { ACCESS_TOKEN_TYP, type AccessTokenClaims, CLOCK_LEEWAY_SECONDS } from '../../contract/src/claims.js';
import { VerificationError } from './errors.js';
import type { Settings } from './settings.js';

/** Three segments of canonical base64url. Unused bits of the last character are zero, so a token has one spelling. */
const segment = '(?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?';
const compactForm = new RegExp(`^${segment}\\.${segment}\\.${segment}$`);
const MAX_TOKEN_CHARACTERS = 8_192;

/** @throws VerificationError `unauthenticated` for what is no access token of Watchword's kind */
export function kidOf(token: string): string {
  const { alg, typ, kid, crit } = headerOf(token);
  // Pinned, never chosen by the token (RFC 8725 §3.1, §3.11); what `crit` demands is not known here (§3.10).
  if (alg !== 'RS256' || typ !== ACCESS_TOKEN_TYP || typeof kid !== 'string' || crit !== undefined)
    throw new VerificationError('unauthenticated', { cause: new Error('not an access token of Watchword') });
  return kid;
}

function headerOf(token: string): ReturnType<typeof decodeProtectedHeader> {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARACTERS || !compactForm.test(token)) return {};
  try {
    return decodeProtectedHeader(token);
  } catch {
    return {};
  }
}

/** @throws VerificationError `unauthenticated`, `token_expired`, `unavailable` */
export async function verifiedClaims(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience, now }: Settings,
): Promise<AccessTokenClaims> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: CLOCK_LEEWAY_SECONDS,
      currentDate: new Date(now()),
    });
    if (!areClaims(payload)) throw new errors.JWTInvalid('a claim is missing or of another type');
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw new VerificationError('token_expired', { cause });
    // jose's errors are about the token; every other is about the keys, which could not be had.
    if (cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout))
      throw new VerificationError('unauthenticated', { cause });
    throw new VerificationError('unavailable', { cause });
  }
}

type Claims = JWTPayload & Record<string, unknown>;

function areClaims(payload: JWTPayload): payload is JWTPayload & AccessTokenClaims {
  const { sub, jti, client_id, sid, iat, exp, tokenVersion } = payload as Claims;
  const isSigned =
    [sub, jti, client_id].every(isText) && [iat, exp].every(isTime) && Number.isSafeInteger(tokenVersion);
  return isSigned && (sid === undefined ? areOfService(payload) : areOfUser(payload));
}

function areOfUser(payload: Claims): boolean {
  const { sid, email, role, auth_time, amr, acr, cnf } = payload;
  return (
    [sid, role].every(isText) &&
    typeof email === 'string' &&
    isTime(auth_time) &&
    Array.isArray(amr) &&
    amr.every(isText) &&
    (acr === undefined || isText(acr)) &&
    (cnf === undefined || namesKey(cnf))
  );
}

/** Nothing in a service's token may look like a person's. */
function areOfService(payload: Claims): boolean {
  const { sub, client_id, scope } = payload;
  const personal = ['email', 'role', 'auth_time', 'amr', 'acr', 'cnf'];
  return sub === client_id && typeof scope === 'string' && personal.every((name) => payload[name] === undefined);
}

const namesKey = (cnf: unknown) => typeof cnf === 'object' && cnf !== null && 'jkt' in cnf && isText(cnf.jkt);
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isTime = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
