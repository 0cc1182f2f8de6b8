// Formats and parses the session cookie, which names the session of a browser. Pure: no clock, no I/O.
//
//   base64url( user id 16 ‖ sid 16 ‖ the first 16 bytes of HMAC-SHA256 over both )
//
// It grants no access. A sibling subdomain can plant an access or refresh cookie, but it cannot forge this one.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'uuid';

export interface SessionRef {
  readonly userId: string;
  readonly sessionId: string;
}

const IDS_BYTES = 32;
const MAC_BYTES = 16;

export function formatAuthSession({ userId, sessionId }: SessionRef, key: Buffer): string {
  const ids = Buffer.concat([parse(userId), parse(sessionId)]);
  return Buffer.concat([ids, macOf(ids, key)]).toString('base64url');
}

/** @returns undefined for anything but the canonical spelling of a value that was made with this key */
export function parseAuthSession(text: string, key: Buffer): SessionRef | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== IDS_BYTES + MAC_BYTES || bytes.toString('base64url') !== text) return undefined;
  const ids = bytes.subarray(0, IDS_BYTES);
  if (!timingSafeEqual(bytes.subarray(IDS_BYTES), macOf(ids, key))) return undefined;
  return { userId: stringify(ids, 0), sessionId: stringify(ids, 16) };
}

const macOf = (ids: Buffer, key: Buffer) => createHmac('sha256', key).update(ids).digest().subarray(0, MAC_BYTES);
