// Brings an email address into its one canonical form: two addresses are the same when these are.
import { domainToASCII } from 'node:url';
import * as z from 'zod';

/** Lower case, ASCII, at most 254 characters (RFC 5321 §4.5.3.1.3); an international domain by UTS 46 as punycode. */
export const emailAddress = z
  .string()
  .max(512)
  .transform(canonical)
  .pipe(z.email().max(254))
  .transform((text) => text.toLowerCase());

/** Letters, marks and digits of any script, and the dots of UTS 46: nothing that a URL parser gives a meaning of its own. */
const internationalDomain = /^[\p{L}\p{M}\p{N}.。．｡\-·\u200c\u200d]+$/u;

/** Phones put a space behind a completed word. What is left as it is, the next check refuses. */
function canonical(text: string): string {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  const domain = trimmed.slice(at + 1);
  // oxlint-disable-next-line no-control-regex -- ASCII, all of it
  if (at < 1 || /^[\x00-\x7f]*$/.test(domain) || !internationalDomain.test(domain)) return trimmed;
  return `${trimmed.slice(0, at)}@${domainToASCII(domain)}`;
}
