// Formats and parses the code that an app exchanges once its user has been at the provider. Pure: no clock, no I/O.
//
//   wuc_ + base64url( user id 16 ‖ secret 32 ‖ CRC-32 u32 BE )      52 bytes
import { fromCheckedText, sha256, toCheckedText, uuidBytes, uuidText } from '../../tokens/checked-text.js';

const PREFIX = 'wuc_';
export const CODE_SECRET_BYTES = 32;

/** What a presented code says; the database stores nothing but the hash. */
interface PresentedCode {
  /** Routes to one row. */
  readonly userId: string;
  readonly hash: Buffer;
}

/** @param secret 32 bytes */
export function newCode(userId: string, secret: Buffer): PresentedCode & { readonly text: string } {
  const body = Buffer.concat([uuidBytes(userId), secret]);
  return { userId, hash: sha256(body), text: toCheckedText(PREFIX, body) };
}

/** @returns undefined for anything but the canonical spelling of a code with a correct checksum */
export function parseCode(text: string): PresentedCode | undefined {
  const bytes = fromCheckedText(PREFIX, 16 + CODE_SECRET_BYTES, text);
  return bytes && { userId: uuidText(bytes.subarray(0, 16)), hash: sha256(bytes) };
}
