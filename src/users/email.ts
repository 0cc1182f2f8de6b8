// Turns an email address into its canonical form, by which addresses are compared.
import { domainToASCII } from 'node:url';
import * as z from 'zod';

/** Lower case, ASCII, at most 254 characters (RFC 5321 §4.5.3.1.3); an international domain by UTS 46 as punycode. */
export const emailAddress = z
  .string()
  .max(512)
  .transform(canonical)
  .pipe(z.email().max(254))
  .transform((text) => text.toLowerCase());

/** Letters, marks and digits of any script, and the dots of UTS 46: no character that is special to a URL parser. */
const internationalDomain = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61\-\u00b7\u200c\u200d]+$/u;

/** Trims the space that phones add after a completed word. The next check refuses what this leaves unchanged. */
function canonical(text: string): string {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  const domain = trimmed.slice(at + 1);
  // oxlint-disable-next-line no-control-regex -- ASCII, all of it
  if (at < 1 || /^[\x00-\x7f]*$/.test(domain) || !internationalDomain.test(domain)) return trimmed;
  return `${trimmed.slice(0, at)}@${domainToASCII(domain)}`;
}
