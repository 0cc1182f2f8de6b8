// Defines the access token (RFC 9068), and what it must fulfil before its signature is checked.
import * as z from 'zod';
import { ACCESS_TOKEN_TYP, type UserTokenClaims } from '../../packages/contract/src/claims.js';

/** Watchword's own sign-in as the client (RFC 9068 §2.2). It cannot collide with a user's id, which is a UUID. */
export const CLIENT_ID = 'watchword';
/** No access token lives longer, whatever the settings were when it was issued. */
export const MAX_ACCESS_TOKEN_SECONDS = 900;

const seconds = z.number().int().nonnegative();

const accessClaims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: z.uuid(),
  iat: seconds,
  exp: seconds,
  jti: z.uuid(),
  sid: z.uuid(),
  client_id: z.literal(CLIENT_ID),
  email: z.string(),
  role: z.string(),
  tokenVersion: z.number().int(),
  auth_time: seconds,
  amr: z.array(z.string()),
  acr: z.string().optional(),
  cnf: z.object({ jkt: z.string().regex(/^[\w-]{43}$/) }).optional(),
} satisfies Partial<Record<keyof UserTokenClaims, z.ZodType>>);

export type AccessClaims = z.output<typeof accessClaims>;

/** @returns undefined when a claim is missing or of another type. */
export function claimsOf(payload: unknown): AccessClaims | undefined {
  return accessClaims.safeParse(payload).data;
}

/** Claims of a token that is not verified yet. Use them only to choose which of several tokens to verify. */
export function unverifiedClaims(token: string): { sub?: unknown; sid?: unknown; iat?: unknown } | undefined {
  try {
    const [, payload = ''] = token.split('.', 2);
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}

const header = z.object({
  alg: z.literal('RS256'),
  typ: z.literal(ACCESS_TOKEN_TYP),
  kid: z.string(),
  crit: z.never().optional(),
});

/** Three segments of canonical base64url. Unused bits of the last character are zero, so a token has one spelling. */
const segment = '(?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?';
const compactForm = new RegExp(`^${segment}\\.${segment}\\.${segment}$`);
const MAX_TOKEN_CHARACTERS = 8_192;

/**
 * The kid that a well-formed token of our kind names. RS256 and the type are pinned; `jwk`, `jku`, `x5u` and `x5c`
 * choose nothing, `crit` is refused (RFC 8725 §3.1, §3.10, §3.11).
 * @returns undefined for everything else
 */
export function kidOf(token: string): string | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS || !compactForm.test(token)) return undefined;
  try {
    const bytes = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url');
    return header.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))).data?.kid;
  } catch {
    return undefined;
  }
}
