// Loads the key-encryption key from the environment, a file, AWS Secrets Manager or Vault, or makes
// one in a file once.
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/config.js';
import { isDegenerate } from '../config/production.js';
import { readAwsSecret } from './aws-secret.js';
import { KeyEncryption } from './key-encryption.js';
import { readVaultSecret } from './vault-secret.js';

const GENERATED_KEY_FILE = 'keys/key-encryption-key';

/**
 * What a store of secrets holds: the text of the present key and, where it still has it, of the one
 * before.
 */
export interface StoredKey {
  readonly current: string;
  readonly previous: string | undefined;
}

/** @throws with a sentence that says where the key was looked for, and never holds it. */
export async function loadKeyEncryption(config: Config): Promise<KeyEncryption> {
  const { current, previous } = await stored(config);
  const { KEY_ENCRYPTION_KEY_PREVIOUS: text, KEY_ENCRYPTION_KEY_PREVIOUS_FILE: file } = config;
  const given = text ?? (file === undefined ? undefined : readKeyFile(file));
  const isWeak = isDegenerate(Buffer.from(current, 'base64'));
  if (config.isProduction && isWeak)
    throw new Error('The key-encryption key must be random: make one with: openssl rand -base64 32');
  return new KeyEncryption(Buffer.from(current, 'base64'), [given, previous].flatMap(decode));
}

const decode = (text: string | undefined) => (text === undefined ? [] : [Buffer.from(text, 'base64')]);

async function stored(config: Config): Promise<StoredKey> {
  const { KEY_ENCRYPTION_KEY_AWS_SECRET: secretId, KEY_ENCRYPTION_KEY_VAULT_URL: vaultUrl } = config;
  if (secretId !== undefined) return checked(await readAwsSecret(secretId), `The AWS secret ${secretId}`);
  if (vaultUrl !== undefined) {
    const { VAULT_TOKEN: token, VAULT_TOKEN_FILE: tokenFile, VAULT_NAMESPACE: namespace } = config;
    const read = token ?? readFileSync(tokenFile ?? '', 'utf8').trim();
    return checked(await readVaultSecret(vaultUrl, read, namespace), vaultUrl);
  }
  const current = config.KEY_ENCRYPTION_KEY ?? readKeyFile(config.KEY_ENCRYPTION_KEY_FILE ?? generatedKeyFile());
  return { current, previous: undefined };
}

/** A previous text that is not a key is ignored: it must not stop the start. */
function checked({ current, previous }: StoredKey, place: string): StoredKey {
  assertKey(current, place);
  return { current, previous: previous && isKey(previous) ? previous : undefined };
}

const isKey = (text: string) => Buffer.from(text, 'base64').length === 32;

function assertKey(text: string, place: string): void {
  if (!isKey(text)) throw new Error(`${place} must hold 32 bytes in base64.`);
}

function readKeyFile(file: string): string {
  const text = readFileSync(file, 'utf8').trim();
  assertKey(text, file);
  return text;
}

/**
 * Made once: written aside, then linked, so that of two starts at once one wins and the other reads
 * its key.
 */
function generatedKeyFile(): string {
  if (existsSync(GENERATED_KEY_FILE)) return GENERATED_KEY_FILE;
  const draft = `${GENERATED_KEY_FILE}.${process.pid}`;
  try {
    mkdirSync(dirname(GENERATED_KEY_FILE), { recursive: true });
    writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const advice = 'make the folder keys/ writable, or set KEY_ENCRYPTION_KEY';
    throw new Error(`No key can be kept in ${GENERATED_KEY_FILE} (${code}): ${advice}.`, { cause });
  }
  try {
    linkSync(draft, GENERATED_KEY_FILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return GENERATED_KEY_FILE;
}
