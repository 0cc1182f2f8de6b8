// scrypt as other systems write it.
import { fromPadded, fromUnpadded } from './encoding.js';
import { type ScryptCost, storedScrypt } from './scrypt-form.js';

/** Another length is a hash that was cut off: scrypt's shorter hashes are the beginnings of its longer ones. */
const LENGTHS: ReadonlySet<number> = new Set([32, 64]);

interface Parts {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array | undefined;
  readonly hash: Uint8Array | undefined;
}

const ofUsualLength = ({ cost, salt, hash }: Parts): string | undefined =>
  salt && hash && LENGTHS.has(hash.length) ? storedScrypt(cost, salt, hash) : undefined;

/** PHC, passlib: `$scrypt$ln=16,r=8,p=1$salt$hash`. */
export function phcScrypt(text: string): string | undefined {
  const [, ln, r, p, saltText = '', hashText = ''] =
    /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  return ofUsualLength({ cost, salt: fromUnpadded(saltText), hash: fromUnpadded(hashText) });
}

/** Django: `scrypt$N$salt$r$p$hash`; the salt is text. */
export function djangoScrypt(text: string): string | undefined {
  const [, n, salt = '', r, p, hashText = ''] = /^scrypt\$(\d+)\$([^$]+)\$(\d+)\$(\d+)\$([^$]+)$/.exec(text) ?? [];
  const cost = { ln: Math.log2(Number(n)), r: Number(r), p: Number(p) };
  return ofUsualLength({ cost, salt: Buffer.from(salt), hash: fromPadded(hashText) });
}

/** Flask (Werkzeug): `scrypt:N:r:p$salt$hexadecimal`; the salt is text. */
export function flaskScrypt(text: string): string | undefined {
  const [, n, r, p, salt = '', hex = ''] = /^scrypt:(\d+):(\d+):(\d+)\$([^$]+)\$((?:[0-9a-f]{2})+)$/.exec(text) ?? [];
  const cost = { ln: Math.log2(Number(n)), r: Number(r), p: Number(p) };
  return ofUsualLength({ cost, salt: Buffer.from(salt), hash: Buffer.from(hex, 'hex') });
}
