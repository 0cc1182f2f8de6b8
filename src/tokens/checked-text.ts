// The text form that our opaque tokens share: a prefix, and base64url of the content ‖ CRC-32 u32 BE. Pure.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const CHECKSUM_BYTES = 4;

export function toCheckedText(prefix: string, content: Buffer): string {
  return prefix + Buffer.concat([content, uint32(crc32(content))]).toString('base64url');
}

/**
 * @param bytes the length of the content
 * @returns the content; undefined for anything but the canonical spelling with a correct checksum
 */
export function fromCheckedText(prefix: string, bytes: number, text: string): Buffer | undefined {
  const characters = Math.ceil(((bytes + CHECKSUM_BYTES) * 8) / 6);
  if (text.length !== prefix.length + characters || !text.startsWith(prefix)) return undefined;
  const encoded = text.slice(prefix.length);
  const whole = Buffer.from(encoded, 'base64url');
  if (whole.length !== bytes + CHECKSUM_BYTES || whole.toString('base64url') !== encoded) return undefined;
  const content = whole.subarray(0, bytes);
  return crc32(content) === whole.readUInt32BE(bytes) ? content : undefined;
}

export const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
