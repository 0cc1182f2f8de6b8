// How are secrets kept in the database so that the database alone does not give them away?
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/config.js';

const GENERATED_KEY_FILE = 'keys/key-encryption-key';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with AES-256-GCM under the key-encryption key: nonce ‖ ciphertext ‖ tag. The key never enters the database. */
export class KeyEncryption {
  constructor(private readonly key: Buffer) {}

  static fromConfig(config: Config): KeyEncryption {
    const text = config.KEY_ENCRYPTION_KEY ?? readKeyFile(config.KEY_ENCRYPTION_KEY_FILE ?? generatedKeyFile());
    return new KeyEncryption(Buffer.from(text, 'base64'));
  }

  /** @param name bound to the ciphertext, so that sealed values cannot be swapped between rows. */
  seal(secret: Uint8Array, name: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(name));
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws when the key, the name or the sealed value is not the one it was sealed with. */
  open(sealed: Uint8Array, name: string): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tag = sealed.subarray(sealed.length - TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
  }
}

function readKeyFile(file: string): string {
  const text = readFileSync(file, 'utf8').trim();
  if (Buffer.from(text, 'base64').length !== 32) throw new Error(`${file} must hold 32 bytes in base64.`);
  return text;
}

/** Made once: written aside, then linked, so that of two starts at once one wins and the other reads its key. */
function generatedKeyFile(): string {
  mkdirSync(dirname(GENERATED_KEY_FILE), { recursive: true });
  const draft = `${GENERATED_KEY_FILE}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, GENERATED_KEY_FILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return GENERATED_KEY_FILE;
}
