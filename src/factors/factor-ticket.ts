// Formats and parses the ticket of a sign-in that waits for its second factor. Pure: no clock, no I/O.
//
//   wft_ + base64url( user id 16 ‖ secret 32 ‖ CRC-32 u32 BE )      52 bytes
//
// It is no access token and no refresh token: it is good at the routes that take a second factor only. The user id
// routes to one row.
import { fromCheckedText, sha256, toCheckedText, uuidBytes, uuidText } from '../tokens/checked-text.js';

const PREFIX = 'wft_';
export const SECRET_BYTES = 32;
const BODY_BYTES = 16 + SECRET_BYTES;

/** What a presented ticket says; the database stores nothing but the hash. */
export interface PresentedTicket {
  readonly userId: string;
  readonly hash: Buffer;
}

/** @param secret 32 bytes */
export function newTicket(userId: string, secret: Buffer): PresentedTicket & { readonly text: string } {
  if (secret.length !== SECRET_BYTES) throw new Error(`The secret of a ticket has ${SECRET_BYTES} bytes.`);
  const body = Buffer.concat([uuidBytes(userId), secret]);
  return { userId, hash: sha256(body), text: toCheckedText(PREFIX, body) };
}

/** @returns undefined for anything but the canonical spelling of a ticket with a correct checksum */
export function parseTicket(text: string): PresentedTicket | undefined {
  const bytes = fromCheckedText(PREFIX, BODY_BYTES, text);
  return bytes && { userId: uuidText(bytes.subarray(0, 16)), hash: sha256(bytes) };
}
