// Formats, parses and hashes refresh tokens, and derives the successor of one. Pure: no clock, no I/O.
//
//   wrt_ + base64url( user id 16 ‖ selector 16 ‖ generation u32 BE ‖ secret 32 ‖ CRC-32 u32 BE )      72 bytes
//
// Clients treat it as opaque. The prefix lets secret scanners find a leaked token. The checksum rejects garbage before
// any query. The user id routes to one shard. The selector is secret, too: only holders of the family's tokens know it.
import { createHash, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'wrt_';
const TOKEN_BYTES = 72;
const TOKEN_CHARACTERS = 96;
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

export function formatRefreshToken(token: RefreshToken): string {
  const bytes = body(token);
  return PREFIX + Buffer.concat([bytes, uint32(crc32(bytes))]).toString('base64url');
}

/** @returns undefined for anything but the canonical spelling of a token with a correct checksum */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  if (text.length !== PREFIX.length + TOKEN_CHARACTERS || !text.startsWith(PREFIX)) return undefined;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== encoded) return undefined;
  if (crc32(bytes.subarray(0, -4)) !== bytes.readUInt32BE(TOKEN_BYTES - 4)) return undefined;
  if (bytes.readUInt32BE(32) > MAX_GENERATIONS) return undefined;
  return {
    userId: uuidText(bytes.subarray(0, 16)),
    selector: bytes.subarray(16, 32),
    generation: bytes.readUInt32BE(32),
    secret: bytes.subarray(36, 68),
  };
}

function body({ userId, selector, generation, secret }: RefreshToken): Buffer {
  return Buffer.concat([Buffer.from(userId.replaceAll('-', ''), 'hex'), selector, uint32(generation), secret]);
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
