// Formats and parses the value of a known device: a device on which somebody has signed in before.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'uuid';

export interface Device {
  readonly userId: string;
  readonly deviceId: string;
  /** The user's session epoch at the sign-in: an act that ends all sessions also ends known devices. */
  readonly epoch: number;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

/** user id 16 ‖ device id 16 ‖ epoch u32 ‖ issued at u32 ‖ HMAC-SHA256 of these, its first 16 bytes */
const BODY_BYTES = 40;
const MAC_BYTES = 16;
const ENTRY_BYTES = BODY_BYTES + MAC_BYTES;
const MAX_ENTRIES = 5;
export const MAX_DEVICE_TOKEN = Math.ceil((MAX_ENTRIES * ENTRY_BYTES * 4) / 3);

export function formatDevices(devices: readonly Device[], key: Buffer): string {
  const entries = devices.slice(0, MAX_ENTRIES).map((device) => {
    const body = Buffer.alloc(BODY_BYTES);
    body.set(parse(device.userId), 0);
    body.set(parse(device.deviceId), 16);
    body.writeUInt32BE(device.epoch, 32);
    body.writeUInt32BE(device.issuedAt, 36);
    return Buffer.concat([body, macOf(body, key)]);
  });
  return Buffer.concat(entries).toString('base64url');
}

/** @returns what we have made; anything else counts for nothing */
export function parseDevices(text: string, key: Buffer): Device[] {
  if (text.length > MAX_DEVICE_TOKEN || !/^[\w-]+$/.test(text)) return [];
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length % ENTRY_BYTES !== 0) return [];
  const entries = Array.from({ length: bytes.length / ENTRY_BYTES }, (_, at) =>
    bytes.subarray(at * ENTRY_BYTES, (at + 1) * ENTRY_BYTES),
  );
  return entries.filter((entry) => isOurs(entry, key)).map(read);
}

/** A new entry in front of the others; of one user there is one entry. */
export const withDevice = (devices: readonly Device[], device: Device): Device[] => [
  device,
  ...devices.filter(({ userId }) => userId !== device.userId),
];

export const newDeviceId = (): string => randomUUID();

function isOurs(entry: Buffer, key: Buffer): boolean {
  return timingSafeEqual(macOf(entry.subarray(0, BODY_BYTES), key), entry.subarray(BODY_BYTES));
}

const macOf = (body: Buffer, key: Buffer) => createHmac('sha256', key).update(body).digest().subarray(0, MAC_BYTES);

const read = (entry: Buffer): Device => ({
  userId: stringify(entry, 0),
  deviceId: stringify(entry, 16),
  epoch: entry.readUInt32BE(32),
  issuedAt: entry.readUInt32BE(36),
});
