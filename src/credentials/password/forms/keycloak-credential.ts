// Keycloak's credentials of the type `password`, as an export of a realm or the table `credential` has them.
import * as z from 'zod';
import { fromPadded, unpadded } from './encoding.js';
import { pbkdf2Digest } from './foreign-pbkdf2.js';
import { storedPbkdf2 } from './pbkdf2-form.js';

const secret = z.object({ value: z.string(), salt: z.string() });
const parameter = z.tuple([z.string()], z.string()).optional();
const method = z.object({
  algorithm: z.string(),
  hashIterations: z.int().positive(),
  additionalParameters: z
    .object({ memory: parameter, parallelism: parameter, type: parameter, version: parameter })
    .optional(),
});
/** Keycloak 8 and later; both fields are JSON in a string. */
const present = z.object({ secretData: z.string(), credentialData: z.string() });
const earlier = z.object({
  ...{ hashedSaltedValue: z.string(), salt: z.string(), hashIterations: z.int().positive(), algorithm: z.string() },
});

type Secret = z.output<typeof secret>;
type Method = z.output<typeof method>;

export function keycloakCredential(text: string): string | undefined {
  const credential = present.safeParse(parsed(text)).data;
  const secretData = credential && secret.safeParse(parsed(credential.secretData)).data;
  const credentialData = credential && method.safeParse(parsed(credential.credentialData)).data;
  if (secretData && credentialData) return stored(secretData, credentialData);
  const old = earlier.safeParse(parsed(text)).data;
  return old && stored({ value: old.hashedSaltedValue, salt: old.salt }, old);
}

function stored({ value, salt: saltText }: Secret, { algorithm, hashIterations, ...rest }: Method): string | undefined {
  const [hash, salt] = [fromPadded(value), fromPadded(saltText)];
  if (!hash || !salt) return undefined;
  if (algorithm === 'argon2') return storedArgon2({ hash, salt, passes: hashIterations, ...rest });
  const digest = pbkdf2Digest(algorithm === 'pbkdf2' ? 'sha1' : algorithm.replace(/^pbkdf2-/, ''));
  return digest && storedPbkdf2({ digest, rounds: hashIterations, salt, hash });
}

interface Argon2 extends Pick<Method, 'additionalParameters'> {
  readonly hash: Buffer;
  readonly salt: Buffer;
  readonly passes: number;
}

function storedArgon2({ hash, salt, passes, additionalParameters }: Argon2): string | undefined {
  const { memory, parallelism, type, version } = additionalParameters ?? {};
  if (!memory || !parallelism || !type || !version) return undefined;
  const number = version[0] === '1.3' ? '19' : '16';
  const parameters = `v=${number}$m=${memory[0]},t=${passes},p=${parallelism[0]}`;
  return `$argon2${type[0]}$${parameters}$${unpadded(salt)}$${unpadded(hash)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
