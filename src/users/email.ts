// When are two email addresses the same? One canonical form, used everywhere.
import * as z from 'zod';

/** Lower case, ASCII, at most 254 characters (RFC 5321 §4.5.3.1.3); the domain of an international address in punycode. */
export const emailAddress = z
  .string()
  .max(254)
  .pipe(z.email())
  .transform((text) => text.toLowerCase());
