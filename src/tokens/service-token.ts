// The access token of a service (RFC 6749 §4.4, RFC 9068): it has no session and no person.
import * as z from 'zod';

const PREFIX = 'svc_';
const clientId = z.templateLiteral([PREFIX, z.uuid()]);

/** The prefix keeps it apart from a user's id: a token's `sub` is either (RFC 9068 §5). */
export const clientIdOf = (serviceId: string): string => `${PREFIX}${serviceId}`;

/** @returns the service's id; undefined for a text that is no client_id of ours */
export const serviceIdOf = (text: string): string | undefined =>
  clientId.safeParse(text).success ? text.slice(PREFIX.length) : undefined;

const seconds = z.number().int().nonnegative();

const serviceClaims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: clientId,
  client_id: clientId,
  iat: seconds,
  exp: seconds,
  jti: z.uuid(),
  /** The number of the secret that it was got with. */
  tokenVersion: z.number().int(),
  /** Words with a space between them; may be empty. */
  scope: z.string(),
});

export type ServiceClaims = z.output<typeof serviceClaims>;

/** @returns undefined when a claim is missing or of another type */
export function serviceClaimsOf(payload: unknown): ServiceClaims | undefined {
  const claims = serviceClaims.safeParse(payload).data;
  return claims && claims.sub === claims.client_id ? claims : undefined;
}
