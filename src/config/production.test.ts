// Settings that production refuses, and INSECURE_BACKENDS, which trusts a private network.
import { describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';
import type { Purpose } from './production.js';

const sound = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://auth.example.com',
  DATABASE_URL: 'postgres://app:pw@db.example.com/watchword?sslmode=verify-full',
  REDIS_URL: 'rediss://:pw@cache.example.com:6380/0',
  KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
  SMTP_URL: 'smtps://user:pw@smtp.example.com',
  MAIL_FROM: 'Example <no-reply@example.com>',
};

function problemsOf(change: Record<string, string>, purpose?: Purpose): readonly string[] {
  try {
    Config.fromEnv({ ...sound, ...change }, {}, purpose);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const key = (bytes: number[]) => Buffer.from(bytes).toString('base64');
const repeated = (...bytes: number[]) =>
  key(Array.from({ length: 32 }, (_, index) => bytes[index % bytes.length] ?? 0));

it('a secure production starts without a warning', () => {
  expect(problemsOf({})).toEqual([]);
  expect(Config.fromEnv(sound).warnings).toEqual([]);
});

describe('production refuses, with one sentence that names the setting', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['a remote PostgreSQL without TLS', { DATABASE_URL: 'postgres://u:p@10.0.0.5/d' }, /^DATABASE_URL .*verify-full/],
    ['one with TLS switched off', { DATABASE_URL: 'postgres://u:p@db/d?sslmode=disable' }, /^DATABASE_URL .*TLS/],
    ['one whose certificate is not checked', { DATABASE_URL: 'postgres://u:p@db/d?sslmode=no-verify' }, /verified/],
    [
      'one whose certificate libpq would not check',
      { DATABASE_URL: 'postgres://u:p@db/d?uselibpqcompat=true&sslmode=require' },
      /verified/,
    ],
    ['one behind a host parameter', { DATABASE_URL: 'postgres://u:p@localhost/d?host=db.example.com' }, /TLS/],
    ['one with TLS negotiation alone', { DATABASE_URL: 'postgres://u:p@db/d?ssl=false' }, /TLS/],
    ['one without a password', { DATABASE_URL: 'postgres://u@db/d?sslmode=verify-full' }, /^DATABASE_URL .*a password/],
    ['a remote Redis without TLS', { REDIS_URL: 'redis://:p@cache:6379' }, /^REDIS_URL must have TLS .*rediss/],
    ['one without a password', { REDIS_URL: 'rediss://cache:6379' }, /^REDIS_URL must have a password/],
    ['Sentinels without TLS', { REDIS_URL: '', REDIS_SENTINELS: 'a:1,b:2', REDIS_PASSWORD: 'x' }, /^REDIS_SENTINELS/],
    ['a Cluster without a password', { REDIS_URL: '', REDIS_CLUSTER_NODES: 'a:1', REDIS_TLS: 'on' }, /a password/],
    ['argon2 at 7 MiB and one pass', { ARGON2_MEMORY_KIB: '7168', ARGON2_PASSES: '1' }, /^ARGON2_MEMORY_KIB .*47104/],
    ['argon2 just under two passes', { ARGON2_MEMORY_KIB: '19455' }, /^ARGON2_MEMORY_KIB .*19456/],
    ['metrics on every network', { METRICS_PORT: '9464', METRICS_HOST: '0.0.0.0' }, /^METRICS_HOST/],
    ['metrics on every network (::)', { METRICS_PORT: '9464', METRICS_HOST: '[::]' }, /^METRICS_HOST/],
    ['metrics on the internet', { METRICS_PORT: '9464', METRICS_HOST: '203.0.114.7' }, /^METRICS_HOST/],
    ['an all-zero key', { KEY_ENCRYPTION_KEY: repeated(0) }, /^KEY_ENCRYPTION_KEY must be random/],
    ['a key of one repeated byte', { KEY_ENCRYPTION_KEY: repeated(65) }, /^KEY_ENCRYPTION_KEY must be random/],
    ['a key of a few repeated bytes', { KEY_ENCRYPTION_KEY_PREVIOUS: repeated(1, 2, 3) }, /_PREVIOUS must be random/],
    ['a log that hides alerts', { LOG_LEVEL: 'silent' }, /^LOG_LEVEL=silent .*ALERT_WEBHOOK_URL/],
    ['a log without errors', { LOG_LEVEL: 'fatal' }, /^LOG_LEVEL=fatal/],
    ["the schema owner's URL in the service", { DATABASE_OWNER_URL: sound.DATABASE_URL }, /^DATABASE_OWNER_URL/],
  ])('%s', (_, change, sentence) => {
    expect(problemsOf(change)).toEqual([expect.stringMatching(sentence)]);
  });

  it.each<[string, Record<string, string>]>([
    ['PostgreSQL on this machine', { DATABASE_URL: 'postgres://u@127.0.0.1/d' }],
    ['PostgreSQL by a socket', { DATABASE_URL: 'postgres://u@%2Frun%2Fpostgresql/d' }],
    ['sslmode=require, which node-postgres verifies', { DATABASE_URL: 'postgres://u:p@db/d?sslmode=require' }],
    ['ssl=true', { DATABASE_URL: 'postgres://u:p@db/d?ssl=true' }],
    ['Redis on this machine', { REDIS_URL: 'redis://localhost:6379' }],
    ['Redis by a socket', { REDIS_URL: 'unix:///run/redis.sock' }],
    ['argon2 with less memory and more passes', { ARGON2_MEMORY_KIB: '12288', ARGON2_PASSES: '3' }],
    ['argon2 at 7 MiB with five passes', { ARGON2_MEMORY_KIB: '7168', ARGON2_PASSES: '6' }],
    ['metrics on a private address', { METRICS_PORT: '9464', METRICS_HOST: '10.0.0.5' }],
    ['an open address while there are no metrics', { METRICS_HOST: '0.0.0.0' }],
    ['INSECURE_BACKENDS for PostgreSQL', { DATABASE_URL: 'postgres://u@db/d', INSECURE_BACKENDS: 'postgres' }],
    ['INSECURE_BACKENDS for Redis', { REDIS_URL: 'redis://cache', INSECURE_BACKENDS: 'redis' }],
    [
      'INSECURE_BACKENDS for the metrics',
      { METRICS_PORT: '9464', METRICS_HOST: '::', INSECURE_BACKENDS: 'redis, metrics' },
    ],
  ])('but not %s', (_, change) => {
    expect(problemsOf(change)).toEqual([]);
  });

  it('a registration that is verified by mail without a mail server', () => {
    const without = { ...sound, SMTP_URL: '', REGISTRATION: 'verified' };
    expect(problemsOf(without)).toContainEqual(expect.stringMatching(/^SMTP_URL must be set in production/));
  });

  it('except that the command line may migrate as the owner, over TLS', () => {
    expect(problemsOf({ DATABASE_OWNER_URL: sound.DATABASE_URL }, 'cli')).toEqual([]);
    expect(problemsOf({ DATABASE_OWNER_URL: 'postgres://o:p@db/d' }, 'cli')).toEqual([
      expect.stringMatching(/^DATABASE_OWNER_URL must have TLS/),
    ]);
  });
});

describe('at every start production warns', () => {
  it('about each backend that is trusted without TLS', () => {
    const { warnings } = Config.fromEnv({ ...sound, INSECURE_BACKENDS: 'postgres,metrics' });
    expect(warnings).toEqual([
      expect.stringMatching(/^INSECURE_BACKENDS=postgres: /),
      expect.stringMatching(/^INSECURE_BACKENDS=metrics: /),
    ]);
  });

  it('about a service that sends no mail', () => {
    expect(Config.fromEnv({ ...sound, SMTP_URL: '', REGISTRATION: 'open' }).warnings).toEqual([
      expect.stringMatching(/^SMTP_URL is not set: no mail leaves/),
    ]);
  });

  it('about a password minimum under 15, and it refuses one under 8', () => {
    expect(Config.fromEnv({ ...sound, PASSWORD_MIN_LENGTH: '8' }).warnings).toEqual([
      expect.stringMatching(/^PASSWORD_MIN_LENGTH=8 .*second factor/),
    ]);
    expect(problemsOf({ PASSWORD_MIN_LENGTH: '7' })).toEqual(['PASSWORD_MIN_LENGTH must be at least 8']);
  });

  it('about no short password where everybody needs a second factor', () => {
    const warningsWith = (MFA_REQUIRED_ROLES: string) =>
      Config.fromEnv({ ...sound, PASSWORD_MIN_LENGTH: '8', MFA_REQUIRED_ROLES }).warnings;
    expect(warningsWith('user, admin')).toEqual([]);
    expect(warningsWith('user')).toHaveLength(1);
    expect(warningsWith('none')).toHaveLength(1);
  });
});
