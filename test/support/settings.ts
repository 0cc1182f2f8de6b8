// The settings of a service under test. Small keys and cheap hashes: no test is about their strength unless it says so.
export const TEMPLATE = 'watchword_template';

/** The role of a service under test, which owns nothing, as in production. */
export const SERVICE_ROLE = 'watchword_service';

/** @param ownerUrl of a database, as the role that owns it */
export function databaseSettings(ownerUrl: string) {
  const service = new URL(ownerUrl);
  service.username = SERVICE_ROLE;
  return {
    DATABASE_URL: service.href,
    DATABASE_OWNER_URL: ownerUrl,
    ...(process.env['TEST_POOLER'] === 'transaction' ? { DATABASE_PREPARED_STATEMENTS: 'off' } : {}),
  };
}

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
  VERDICT_TIMEOUT_MS: '8000', // on a busy machine a check is slow, and must not become a 503
  // On, with room: the tests call from one address.
  FAILURES_PER_ADDRESS: '100000',
  FAILURES_PER_24: '100000',
  REGISTRATIONS_PER_ADDRESS: '100000',
  MAIL_REQUESTS_PER_ADDRESS: '100000',
  MAILS_PER_MINUTE: '100000',
  UNKNOWN_REFRESHES_PER_ADDRESS: '100000',
  SPRAY_ACCOUNTS: '10000',
  HASH_QUEUE_SHARE: '100',
} as const;

/** @returns the URL with another `host:port`, such as that of a pooler */
export function through(address: string, url: string): string {
  const changed = new URL(url);
  changed.host = address;
  return changed.href;
}
