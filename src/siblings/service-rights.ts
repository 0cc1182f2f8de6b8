// Checks the rights of a service as the operator writes them: scopes, audiences, resources.
import * as z from 'zod';

/** The rights at Watchword's own routes. Other scopes only appear in the service's tokens. */
export const OWN_SCOPES = ['introspect', 'revoke'] as const;
export type OwnScope = (typeof OWN_SCOPES)[number];

/** RFC 6749 §3.3. */
const scope = z.string().regex(/^[!#-[\]-~]{1,64}$/, 'A --scope is a word of at most 64 ASCII characters.');
const audience = z.string().regex(/^\S{1,200}$/, 'An --audience is a text without spaces, as in JWT_AUDIENCE.');

/** RFC 8707 §2. */
const resource = z
  .string()
  .max(200)
  .refine((text) => URL.canParse(text) && !/[#\s]/.test(text), 'A --resource is an absolute URI without a fragment.');

const listOf = (item: z.ZodType<string>) =>
  z
    .array(item)
    .max(20, 'At most 20 of each.')
    .default([])
    .transform((all) => [...new Set(all)]);

export const serviceName = z
  .string({ error: 'Missing NAME.' })
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'NAME is 1 to 63 lower-case letters, digits and dashes, and begins with a letter.');

export const serviceRights = { scope: listOf(scope), audience: listOf(audience), resource: listOf(resource) };
