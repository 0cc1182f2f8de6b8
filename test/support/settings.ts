// The settings of a service under test. Small keys and cheap hashes: no test is about their strength unless it says so.
export const TEMPLATE = 'watchword_template';

export const testSettings = {
  NODE_ENV: 'test',
  PORT: '0',
  PUBLIC_URL: 'http://auth.test',
  KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
  SIGNING_KEY_BITS: '2048',
  ARGON2_MEMORY_KIB: '7168',
  ARGON2_PASSES: '1',
  LOG_LEVEL: 'silent',
  DATABASE_POOL_SIZE: '20',
} as const;
