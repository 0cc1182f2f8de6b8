// A strong hash over the digest of a password: `$sha1+argon2id$v=19$m=19456,t=2,p=1$salt$hash$before$after`. argon2id
// hashes the digest of before ‖ password ‖ after, in lower-case hexadecimal. Fast digests are stored in no other way.
import { createHash } from 'node:crypto';
import { ARGON2_PARAMETERS, argon2Form } from './argon2-form.js';
import { BCRYPT_PARAMETERS, bcryptForm } from './bcrypt-form.js';
import { fromUnpadded, unpadded } from './encoding.js';
import type { Form, HashFault, Verify } from './form.js';

export const digestBytes = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const;
export type DigestName = keyof typeof digestBytes;
export const isDigestName = (name: string): name is DigestName => name in digestBytes;

/** A fast digest of another system, which must not be stored. */
export interface Digest {
  readonly name: DigestName;
  readonly hex: string;
  /** The salt stands before the password, after it, or nowhere. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const whole = /^\$(md5|sha1|sha256|sha512)\+((?:argon2|2[aby]).+)\$([^$]*)\$([^$]*)$/;

export const wrappedForm: Form = {
  parameters: String.raw`\$(?:md5|sha1|sha256|sha512)\+(?:${ARGON2_PARAMETERS}|${BCRYPT_PARAMETERS})`,
  read,
  decoy: (of) => {
    const [name = '', parameters = ''] = of.split('+');
    const strong = parameters.startsWith('2') ? bcryptForm : argon2Form;
    return `${name}+${strong.decoy(`$${parameters}`).slice(1)}$$`;
  },
};

/** @param strong the hash of the digest */
export const storedWrapped = ({ name, before, after }: Pick<Digest, 'name' | 'before' | 'after'>, strong: string) =>
  `$${name}+${strong.slice(1)}$${unpadded(before)}$${unpadded(after)}`;

function read(stored: string, isForeign = false): Verify | HashFault {
  const [, name = '', strong = '', beforeText = '', afterText = ''] = whole.exec(stored) ?? [];
  const [before, after] = [fromUnpadded(beforeText), fromUnpadded(afterText)];
  if (!before || !after || before.length + after.length > 128) return 'hash_malformed';
  const verify = (strong.startsWith('2') ? bcryptForm : argon2Form).read(`$${strong}`, isForeign);
  if (typeof verify === 'string') return verify;
  return (password) => verify(createHash(name).update(before).update(password).update(after).digest('hex'));
}
