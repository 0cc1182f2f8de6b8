// Formats and parses the tokens of mailed links. Pure: no clock, no I/O.
//
//   wot_ + base64url( purpose u8 ‖ user id 16 ‖ secret 32 ‖ CRC-32 u32 BE )      53 bytes
//
// The purpose is part of what is hashed: a token is good for nothing else. The user id routes to one row.
import type { TokenPurpose } from '../database/schema/vocabularies.js';
import { fromCheckedText, sha256, toCheckedText, uuidBytes, uuidText } from './checked-text.js';

const PREFIX = 'wot_';
const SECRET_BYTES = 32;
/** Without the checksum. */
const BODY_BYTES = 1 + 16 + SECRET_BYTES;

/** A number never changes its meaning: mailed links carry it. */
const numbers: Readonly<Record<TokenPurpose, number>> = {
  verify: 1,
  reset: 2,
  email: 3,
  magic: 4,
  invite: 5,
  device: 6,
  freeze: 7,
  enrol: 8,
};
const purposes = new Map(Object.entries(numbers).map(([purpose, number]) => [number, purpose as TokenPurpose]));

interface OneTimeToken {
  readonly purpose: TokenPurpose;
  /** UUID of the user. */
  readonly userId: string;
  /** 32 bytes. */
  readonly secret: Buffer;
}

/** What a presented token says; the database stores nothing but the hash. */
export interface PresentedOneTimeToken {
  readonly purpose: TokenPurpose;
  readonly userId: string;
  /** SHA-256 of everything but the checksum. */
  readonly hash: Buffer;
}

export const formatOneTimeToken = (token: OneTimeToken): string => toCheckedText(PREFIX, body(token));

export const hashOfOneTimeToken = (token: OneTimeToken): Buffer => sha256(body(token));

/** @returns undefined for anything but the canonical spelling of a token with a correct checksum */
export function parseOneTimeToken(text: string): PresentedOneTimeToken | undefined {
  const bytes = fromCheckedText(PREFIX, BODY_BYTES, text);
  const purpose = bytes && purposes.get(bytes.readUInt8(0));
  return purpose && { purpose, userId: uuidText(bytes.subarray(1, 17)), hash: sha256(bytes) };
}

function body({ purpose, userId, secret }: OneTimeToken): Buffer {
  if (secret.length !== SECRET_BYTES) throw new Error(`A one-time secret has ${SECRET_BYTES} bytes.`);
  return Buffer.concat([Buffer.of(numbers[purpose]), uuidBytes(userId), secret]);
}
