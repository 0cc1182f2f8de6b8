// Seals the secrets of the database, so that the database alone does not give them away.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals with AES-256-GCM under the key-encryption key: nonce ‖ ciphertext ‖ tag. The key never
 * enters the database.
 */
export class KeyEncryption {
  /**
   * @param previous also open, and never seal: what they opened is to be sealed anew (rewrap.ts).
   */
  constructor(
    private readonly key: Buffer,
    private readonly previous: readonly Buffer[] = [],
  ) {}

  /** @param name bound to the ciphertext, so that sealed values cannot be swapped between rows. */
  seal(secret: Uint8Array, name: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(name));
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws when no key, the name or the sealed value is the one it was sealed with. */
  open(sealed: Uint8Array, name: string): Buffer {
    const opened = [this.key, ...this.previous].map((key) => openWith(key, sealed, name)).find((secret) => secret);
    if (!opened) throw new Error(`The key-encryption key does not open ${name}.`);
    return opened;
  }

  /** @returns false for what only a previous key opens, and for what none does. */
  isSealedAnew(sealed: Uint8Array, name: string): boolean {
    return openWith(this.key, sealed, name) !== undefined;
  }
}

/** The name of a sealed value that belongs to several columns, such as a user and an id: all of fixed length. */
export const nameOfRow = (columns: readonly string[]): string => columns.join(' ');

function openWith(key: Buffer, sealed: Uint8Array, name: string): Buffer | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
