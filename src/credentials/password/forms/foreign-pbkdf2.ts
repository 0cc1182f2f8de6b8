// PBKDF2 as other systems write it.
import { fromPadded, fromUnpadded } from './encoding.js';
import { type Pbkdf2, storedPbkdf2 } from './pbkdf2-form.js';

type DigestName = Pbkdf2['digest'];
const digests: readonly DigestName[] = ['sha1', 'sha256', 'sha512'];
export const pbkdf2Digest = (name: string): DigestName | undefined => digests.find((each) => each === name);

/** These systems always write a hash as long as the digest: another length is a hash that was cut off. */
const lengths: Readonly<Record<DigestName, number>> = { sha1: 20, sha256: 32, sha512: 64 };

interface Parts {
  readonly digest: string;
  readonly rounds: string | undefined;
  readonly salt: Uint8Array | undefined;
  readonly hash: Uint8Array | undefined;
}

function ofFullLength({ digest, rounds, salt, hash }: Parts): string | undefined {
  const known = pbkdf2Digest(digest);
  if (!known || !salt || hash?.length !== lengths[known]) return undefined;
  return storedPbkdf2({ digest: known, rounds: Number(rounds), salt, hash });
}

/** Django: `pbkdf2_sha256$600000$salt$hash`; the salt is text. */
export function djangoPbkdf2(text: string): string | undefined {
  const [, digest = '', rounds, salt = '', hash = ''] = /^pbkdf2_(sha\d+)\$(\d+)\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  return ofFullLength({ digest, rounds, salt: Buffer.from(salt), hash: fromPadded(hash) });
}

/** Flask (Werkzeug): `pbkdf2:sha256:600000$salt$hexadecimal`; the salt is text. */
export function flaskPbkdf2(text: string): string | undefined {
  const [, digest = '', rounds, salt = '', hex = ''] =
    /^pbkdf2:(sha\d+):(\d+)\$([^$]+)\$((?:[0-9a-f]{2})+)$/.exec(text) ?? [];
  return ofFullLength({ digest, rounds, salt: Buffer.from(salt), hash: Buffer.from(hex, 'hex') });
}

/** passlib: `$pbkdf2-sha256$29000$salt$hash`, in Base64 with `.` for `+`; `$pbkdf2$` is SHA-1. */
export function passlibPbkdf2(text: string): string | undefined {
  const [, digest = 'sha1', rounds, salt = '', hash = ''] =
    /^\$pbkdf2(?:-(sha\d+))?\$(\d+)\$([A-Za-z0-9./]+)\$([A-Za-z0-9./]+)$/.exec(text) ?? [];
  const bytes = (encoded: string) => fromUnpadded(encoded.replaceAll('.', '+'));
  return ofFullLength({ digest, rounds, salt: bytes(salt), hash: bytes(hash) });
}

/** PHC: `$pbkdf2-sha256$i=600000,l=32$salt$hash`, or without the length. */
export function phcPbkdf2(text: string): string | undefined {
  const [, digest = '', rounds, length, saltText = '', hashText = ''] =
    /^\$pbkdf2-(sha\d+)\$i=(\d+)(?:,l=(\d+))?\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  const [salt, hash] = [fromUnpadded(saltText), fromUnpadded(hashText)];
  if (length === undefined) return ofFullLength({ digest, rounds, salt, hash });
  const known = pbkdf2Digest(digest);
  if (!known || !salt || hash?.length !== Number(length)) return undefined;
  return storedPbkdf2({ digest: known, rounds: Number(rounds), salt, hash });
}

/** ASP.NET Core Identity: Base64 of a marker, and for version 3 of digest, rounds and the salt's length. */
export function aspNetPbkdf2(text: string): string | undefined {
  const bytes = fromPadded(text);
  if (!bytes) return undefined;
  if (bytes[0] === 0) return aspNetVersion2(bytes);
  if (bytes[0] !== 1 || bytes.length < 13) return undefined;
  const digest = digests[bytes.readUInt32BE(1)];
  const saltEnd = 13 + bytes.readUInt32BE(9);
  if (!digest || saltEnd >= bytes.length) return undefined;
  const [salt, hash] = [bytes.subarray(13, saltEnd), bytes.subarray(saltEnd)];
  // Another length is a hash that was cut off: the shorter hashes of PBKDF2 are the beginnings of its longer ones.
  if (![16, 32, 64].includes(hash.length)) return undefined;
  return storedPbkdf2({ digest, rounds: bytes.readUInt32BE(5), salt, hash });
}

/** 1,000 rounds of SHA-1, a salt of 16 bytes, a hash of 32. */
const aspNetVersion2 = (bytes: Buffer): string | undefined =>
  bytes.length === 49
    ? storedPbkdf2({ digest: 'sha1', rounds: 1_000, salt: bytes.subarray(1, 17), hash: bytes.subarray(17) })
    : undefined;
