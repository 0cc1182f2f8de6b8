// Reads a stored hash of any form, and makes decoys of any form.
import { argon2Form } from './argon2-form.js';
import { bcryptForm } from './bcrypt-form.js';
import { firebaseForm } from './firebase-form.js';
import type { Form, HashFault, Verify } from './form.js';
import { pbkdf2Form } from './pbkdf2-form.js';
import { scryptForm } from './scrypt-form.js';
import { wrappedForm } from './wrapped-form.js';

/** The names are those of the metric. */
const families = {
  argon2: argon2Form,
  bcrypt: bcryptForm,
  scrypt: scryptForm,
  firebase: firebaseForm,
  pbkdf2: pbkdf2Form,
  wrapped: wrappedForm,
} satisfies Record<string, Form>;

const familyOf = Object.entries(families).map(([family, form]) => ({
  ...{ family, form, start: new RegExp(`^${form.parameters}`) },
}));

/** The parameters that a stored hash begins with. The same expression finds them in JavaScript and in PostgreSQL. */
export const PARAMETERS = `^(?:${Object.values(families)
  .map(({ parameters }) => parameters)
  .join('|')})`;

export interface StoredHash {
  readonly family: string;
  readonly verify: Verify;
}

/** @param isForeign at an import */
export function readStored(stored: string, isForeign = false): StoredHash | HashFault {
  const found = familyOf.find(({ start }) => start.test(stored));
  if (!found) return 'hash_malformed';
  const verify = found.form.read(stored, isForeign);
  return typeof verify === 'string' ? verify : { family: found.family, verify };
}

/**
 * @param stored a hash, also one that cannot be read, or only its parameters
 * @returns a hash that costs the same and matches no password; undefined where the parameters cannot be read, or cost more
 *   than any hash that is verified
 */
export function decoyLike(stored: string): string | undefined {
  for (const { form, start } of familyOf) {
    const parameters = start.exec(stored)?.[0];
    const decoy = parameters === undefined ? undefined : form.decoy(parameters);
    if (decoy !== undefined) return typeof readStored(decoy) === 'string' ? undefined : decoy;
  }
  return undefined;
}
