// Firebase's scrypt, as Supabase writes it: `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=signer key$salt$hash`. The hash is the
// project's signer key, encrypted under a key of the password (github.com/firebase/scrypt).
import { createCipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { fromPadded, isBetween, padded } from './encoding.js';
import type { Form, HashFault, Verify } from './form.js';
import { scryptFault, scryptKey } from './scrypt-form.js';

const cost = String.raw`\$fbscrypt\$v=1,n=[1-9]\d?,r=[1-9]\d{0,5},p=[1-9]\d{0,5},`;
const whole =
  /^\$fbscrypt\$v=1,n=([1-9]\d?),r=([1-9]\d{0,5}),p=([1-9]\d{0,5}),ss=([^,$]+),sk=([^,$]+)\$([^$]+)\$([^$]+)$/;
const ZERO_IV = Buffer.alloc(16);

export const firebaseForm: Form = {
  parameters: cost,
  read,
  decoy: (of) => {
    const [key = '', salt = '', hash = ''] = [64, 10, 64].map((length) => padded(randomBytes(length)));
    return `${of}ss=Bw==,sk=${key}$${salt}$${hash}`;
  },
};

function read(stored: string): Verify | HashFault {
  const [, n, r, p, ...texts] = whole.exec(stored) ?? [];
  const [separator, signerKey, salt, hash] = texts.map(fromPadded);
  if (!separator || !signerKey || !salt || !hash) return 'hash_malformed';
  if (separator.length + salt.length > 128 || !isBetween(16, signerKey.length, 128)) return 'hash_malformed';
  if (hash.length !== signerKey.length) return 'hash_malformed';
  const parameters = { ln: Number(n), r: Number(r), p: Number(p) };
  const fault = scryptFault(parameters);
  if (fault) return fault;
  return async (password) => {
    const key = await scryptKey(password, Buffer.concat([salt, separator]), 32, parameters);
    return timingSafeEqual(createCipheriv('aes-256-ctr', key, ZERO_IV).update(signerKey), hash);
  };
}
