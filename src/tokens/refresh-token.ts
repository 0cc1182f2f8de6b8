// Formats, parses and hashes refresh tokens, and derives the successor of one. Pure: no clock, no I/O.
//
//   wrt_ + base64url( user id 16 ‖ selector 16 ‖ generation u32 BE ‖ secret 32 ‖ CRC-32 u32 BE )      72 bytes
//
// Clients treat it as opaque. The prefix lets secret scanners find a leaked token. The checksum rejects garbage before
// any query. The user id routes to one shard. The selector is secret, too: only holders of the family's tokens know it.
import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { fromCheckedText, sha256, toCheckedText, uint32, uuidBytes, uuidText } from './checked-text.js';

const PREFIX = 'wrt_';
/** Without the checksum. */
const BODY_BYTES = 68;
export const SALT_BYTES = 32;
/** The successor's generation must fit the column, an int4. No real token comes near it, but a forged one can. */
const MAX_GENERATIONS = 2 ** 31 - 2;

export interface RefreshToken {
  /** UUID of the user. */
  readonly userId: string;
  readonly selector: Buffer;
  readonly generation: number;
  readonly secret: Buffer;
}

/** The first token of a new family. */
export function firstRefreshToken(userId: string): RefreshToken {
  return { userId, selector: randomBytes(16), generation: 0, secret: randomBytes(32) };
}

/**
 * Derives the next token. The same inputs give the same successor, so a client that lost the answer can receive it
 * again, while the database holds only hashes.
 * @param salt r', 32 random bytes, kept in the row
 * @param serverSecret K, 32 random bytes, sealed under the key-encryption key
 */
export function successorOf(token: RefreshToken, salt: Buffer, serverSecret: Buffer): RefreshToken {
  const generation = token.generation + 1;
  const info = Buffer.concat([Buffer.from('wrt'), sha256(token.selector), uint32(generation)]);
  // Given a buffer, Node 24 throws and catches an error before it makes the same key.
  const ikm = createSecretKey(token.secret);
  const secret = Buffer.from(hkdfSync('sha256', ikm, Buffer.concat([salt, serverSecret]), info, 32));
  return { ...token, generation, secret };
}

/** SHA-256 of the selector in hex. It finds the row. */
export const familyOf = (token: RefreshToken): string => sha256(token.selector).toString('hex');

/** SHA-256 of everything but the checksum, in hex. The database stores nothing else of a token. */
export const hashOf = (token: RefreshToken): string => sha256(body(token)).toString('hex');

export const formatRefreshToken = (token: RefreshToken): string => toCheckedText(PREFIX, body(token));

/** @returns undefined for anything but the canonical spelling of a token with a correct checksum */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const bytes = fromCheckedText(PREFIX, BODY_BYTES, text);
  if (!bytes || bytes.readUInt32BE(32) > MAX_GENERATIONS) return undefined;
  return {
    userId: uuidText(bytes.subarray(0, 16)),
    selector: bytes.subarray(16, 32),
    generation: bytes.readUInt32BE(32),
    secret: bytes.subarray(36, 68),
  };
}

function body({ userId, selector, generation, secret }: RefreshToken): Buffer {
  return Buffer.concat([uuidBytes(userId), selector, uint32(generation), secret]);
}
