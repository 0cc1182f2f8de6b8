// Digests as other systems write them: SHA-1, MD5, SHA-256 and SHA-512, with a salt or without.
import { fromPadded } from './encoding.js';
import { type Digest, digestBytes, type DigestName, isDigestName } from './wrapped-form.js';

const NOTHING = new Uint8Array();
const MAX_SALT_BYTES = 64;
const isHexOf = (hex: string, name: DigestName) => hex.length === 2 * digestBytes[name] && /^[0-9a-f]+$/i.test(hex);

/** Hexadecimal alone: its length says which digest it is. */
export function bareDigest(text: string): Digest | undefined {
  const name = Object.keys(digestBytes).find((each) => isDigestName(each) && isHexOf(text, each));
  if (name === undefined || !isDigestName(name)) return undefined;
  return { name, hex: text.toLowerCase(), before: NOTHING, after: NOTHING };
}

/** Django: `sha1$salt$hexadecimal`, the salt before the password; it may be empty. */
export function djangoDigest(text: string): Digest | undefined {
  const [name = '', salt = '', hex = '', ...rest] = text.split('$');
  if (!isDigestName(name) || !isHexOf(hex, name) || rest.length > 0 || salt.length > MAX_SALT_BYTES) return undefined;
  return { name, hex: hex.toLowerCase(), before: Buffer.from(salt), after: NOTHING };
}

/** LDAP: `{SSHA}` and Base64 of the digest and the salt, which stands after the password. */
export function ldapDigest(text: string): Digest | undefined {
  const [, salted = '', scheme = '', encoded = ''] = /^\{(S?)(MD5|SHA(?:256|512)?)\}(.*)$/i.exec(text) ?? [];
  const name = scheme.toLowerCase().replace(/^sha$/, 'sha1');
  const bytes = fromPadded(encoded);
  if (!isDigestName(name) || !bytes) return undefined;
  const salt = bytes.subarray(digestBytes[name]);
  const isWhole = bytes.length >= digestBytes[name] && salt.length <= MAX_SALT_BYTES;
  if (!isWhole || salt.length > 0 !== (salted !== '')) return undefined;
  return { name, hex: bytes.subarray(0, digestBytes[name]).toString('hex'), before: NOTHING, after: salt };
}
