// The settings of the signing keys, and of the key that seals them. A part of settings.ts.
import * as z from 'zod';
import { integer, keyEncryptionKey, vaultUrl } from './formats.js';
import type { Setting } from './setting.js';

export const keySettings = {
  KEY_ENCRYPTION_KEY: {
    schema: keyEncryptionKey.optional(),
    secret: true,
    standard: 'made under keys/',
    about:
      'Seals the private keys in the database: 32 bytes in base64. Production requires it, or one of the next three.',
  },
  KEY_ENCRYPTION_KEY_FILE: {
    schema: z.string().min(1).optional(),
    about: 'A file that holds it instead, such as a Docker or Kubernetes secret.',
  },
  KEY_ENCRYPTION_KEY_AWS_SECRET: {
    schema: z.string().min(1).optional(),
    about: 'Name or ARN of the secret in AWS Secrets Manager that holds it; the SDK finds credentials and region.',
  },
  KEY_ENCRYPTION_KEY_VAULT_URL: {
    schema: vaultUrl.optional(),
    about:
      "Where Vault's KV v2 holds it, in the field `key_encryption_key`: `https://vault.example.com/v1/secret/data/watchword`.",
  },
  KEY_ENCRYPTION_KEY_PREVIOUS: {
    schema: keyEncryptionKey.optional(),
    secret: true,
    about: 'The previous key, which opens sealed keys until `keys rewrap` has sealed them under the present one.',
  },
  KEY_ENCRYPTION_KEY_PREVIOUS_FILE: {
    schema: z.string().min(1).optional(),
    about: 'A file that holds the previous one instead.',
  },
  VAULT_TOKEN: { schema: z.string().min(1).optional(), secret: true, about: 'Token for KEY_ENCRYPTION_KEY_VAULT_URL.' },
  VAULT_TOKEN_FILE: {
    schema: z.string().min(1).optional(),
    about: 'A file that holds the token instead, such as the sink of a Vault Agent.',
  },
  VAULT_NAMESPACE: { schema: z.string().min(1).optional(), about: 'Namespace in Vault, where there is one.' },
  SIGNING_KEY_BITS: {
    schema: integer(2048, 8192).default(3072),
    standard: '3072',
    about: 'Size of new RSA signing keys.',
  },
  KEY_ROTATION_DAYS: {
    schema: integer(1, 365).default(30),
    standard: '30',
    about: 'How long a key signs before the next one takes over.',
  },
  KEY_PUBLISH_AHEAD_SECONDS: {
    schema: integer(8_520, 2_592_000).default(86_400),
    standard: '86400',
    about: 'How long a key is in the key set before it signs. It must be longer than any verifier caches a key set.',
  },
  KEY_REMOVE_AFTER_SECONDS: {
    schema: integer(1_080, 2_592_000).default(3_600),
    standard: '3600',
    about: 'How long a key stays in the key set after its last signature. It must be longer than any token lives.',
  },
} satisfies Record<string, Setting>;
