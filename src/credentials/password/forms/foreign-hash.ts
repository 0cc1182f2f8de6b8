// Reads the hash of a password as another system has it. docs/migrating/passwords.md shows every spelling.
import { withoutSpareBits } from './bcrypt-form.js';
import { bareDigest, djangoDigest, ldapDigest } from './foreign-digests.js';
import { aspNetPbkdf2, djangoPbkdf2, flaskPbkdf2, passlibPbkdf2, phcPbkdf2 } from './foreign-pbkdf2.js';
import { djangoScrypt, flaskScrypt, phcScrypt } from './foreign-scrypt.js';
import type { HashFault } from './form.js';
import { keycloakCredential } from './keycloak-credential.js';
import { readStored } from './stored-hash.js';
import { type Digest, storedWrapped } from './wrapped-form.js';

type HashRefusal = 'hash_unknown' | HashFault;

export type ForeignHash =
  /** To be stored as it is: one spelling per hash, which need not be the text that was read. */
  | { readonly family: string; readonly stored: string }
  /** Too fast to be stored: `Passwords.wrap` makes a strong hash of it. */
  | { readonly family: string; readonly digest: Digest }
  | { readonly refused: HashRefusal };

/** A stored form that is still to be judged, a digest, or undefined if the text has not the shape. */
type Read = (text: string) => string | Digest | undefined;

const MAX_LENGTH = 4_096;
const NOTHING = new Uint8Array();

const asItIs: Read = (text) => text;
const bcrypt: Read = withoutSpareBits;
const bcryptOfSha256: Read = (text) =>
  storedWrapped({ name: 'sha256', before: NOTHING, after: NOTHING }, withoutSpareBits(text));
const from =
  (length: number, read: Read): Read =>
  (text) =>
    read(text.slice(length));

/** The first whose beginning fits decides. */
const readers: readonly (readonly [RegExp, Read])[] = [
  [/^\$argon2(?:id|i|d)\$/, asItIs],
  [/^argon2\$argon2(?:id|i|d)\$/, from('argon2'.length, asItIs)],
  [/^\$2[aby]\$/, bcrypt],
  [/^bcrypt\$\$2[aby]\$/, from('bcrypt$'.length, bcrypt)],
  [/^bcrypt_sha256\$\$2[aby]\$/, from('bcrypt_sha256$'.length, bcryptOfSha256)],
  [/^\$scrypt\$ln=\d+,r=\d+,p=\d+,l=/, asItIs],
  [/^\$scrypt\$/, phcScrypt],
  [/^scrypt\$/, djangoScrypt],
  [/^scrypt:/, flaskScrypt],
  [/^\$fbscrypt\$/, asItIs],
  [/^\$(?:md5|sha1|sha256|sha512)\+/, asItIs],
  [/^\$pbkdf2(?:-sha(?:1|256|512))?\$\d/, passlibPbkdf2],
  [/^\$pbkdf2-sha(?:1|256|512)\$/, phcPbkdf2],
  [/^pbkdf2_sha(?:1|256)\$/, djangoPbkdf2],
  [/^pbkdf2:sha(?:1|256|512):/, flaskPbkdf2],
  [/^\{\s*"/, keycloakCredential],
  [/^\{(?:SHA|SSHA|MD5|SMD5|SHA256|SSHA256|SHA512|SSHA512)\}/i, ldapDigest],
  [/^(?:md5|sha1)\$/, djangoDigest],
  [/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i, bareDigest],
  [/^A[A-Za-z0-9+/]{40,}={0,2}$/, aspNetPbkdf2],
];

/** Reads our own stored forms as well. Never throws. */
export function readForeignHash(text: string): ForeignHash {
  const [, read] = readers.find(([start]) => start.test(text)) ?? [];
  if (!read) return { refused: 'hash_unknown' };
  const found = text.length > MAX_LENGTH ? undefined : read(text);
  if (found === undefined) return { refused: 'hash_malformed' };
  if (typeof found !== 'string') return { family: 'wrapped', digest: found };
  const judged = readStored(found, true);
  return typeof judged === 'string' ? { refused: judged } : { family: judged.family, stored: found };
}
