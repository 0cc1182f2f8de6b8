import { describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';

const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://auth.example.com',
  DATABASE_URL: 'postgres://app:secret-in-url@db.example.com/watchword?sslmode=verify-full',
  KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    Config.fromEnv(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('Config', () => {
  it('needs nothing for development', () => {
    const config = Config.fromEnv({});
    expect(config).toMatchObject({
      PORT: 3000,
      publicUrl: 'http://localhost:3000',
      issuer: 'http://localhost:3000',
      registration: 'open',
    });
    expect([...config.ownOrigins]).toEqual(['http://localhost:3000', 'http://127.0.0.1:3000']);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(Config.fromEnv({}))).toBe(true);
  });

  it('demands a second factor of administrators, unless other roles or none are named; an unknown role is refused', () => {
    const rolesOf = (MFA_REQUIRED_ROLES: string) => Config.fromEnv({ MFA_REQUIRED_ROLES }).MFA_REQUIRED_ROLES;
    expect(rolesOf('')).toEqual(['admin']);
    expect(rolesOf('user,admin')).toEqual(['user', 'admin']);
    expect(rolesOf('none')).toEqual([]);
    for (const wrong of ['root', 'admin,none'])
      expect(problemsOf({ MFA_REQUIRED_ROLES: wrong })).toEqual([
        `MFA_REQUIRED_ROLES must be names of ROLES or none: ROLES has no ${wrong.replace('admin,', '')}`,
      ]);
    expect(problemsOf({ MFA_REQUIRED_ROLES: 'Admin' })).toEqual([
      'MFA_REQUIRED_ROLES must be names of roles: a letter, then up to 31 of a-z, 0-9, _ and -',
    ]);
  });

  it('has the roles user and admin, and those of the installation between them', () => {
    const rolesOf = (ROLES: string) => Config.fromEnv({ ROLES }).ROLES;
    expect(rolesOf('')).toEqual(['user', 'admin']);
    expect(rolesOf('support, auditor,support')).toEqual(['user', 'support', 'auditor', 'admin']);
    expect(rolesOf('admin,owner')).toEqual(['user', 'admin', 'owner']);
    expect(problemsOf({ ROLES: 'Support' })).toEqual([
      'ROLES must be names of roles: a letter, then up to 31 of a-z, 0-9, _ and -',
    ]);
  });

  it('treats an empty variable as not set', () => {
    expect(Config.fromEnv({ PORT: '', PUBLIC_URL: '' }).PORT).toBe(3000);
  });

  it('verifies addresses in production, and closes the registration where no mail can be sent', () => {
    const SMTP_URL = 'smtp://user:password@mail.example.com';
    const mail = { ...production, SMTP_URL, MAIL_FROM: 'no-reply@example.com' };
    expect(Config.fromEnv(mail).registration).toBe('verified');
    expect(Config.fromEnv(production).registration).toBe('closed');
    const [problem] = problemsOf({ ...production, REGISTRATION: 'verified' });
    expect(problem).toMatch(/^SMTP_URL must be set in production/);
    expect(Config.fromEnv({ REGISTRATION: 'verified' }).registration).toBe('verified');
  });

  it('accepts a secure production, where registration is closed by default', () => {
    const config = Config.fromEnv(production);
    expect(config).toMatchObject({ isProduction: true, hasSecureCookies: true, registration: 'closed' });
    expect([...config.ownOrigins]).toEqual(['https://auth.example.com']);
  });

  it('lists every problem at once, by the name of the setting', () => {
    const problems = problemsOf({
      PORT: 'x',
      ACCESS_TOKEN_TTL_SECONDS: '901',
      REGISTRATION: 'maybe',
      ALLOWED_ORIGINS: '*',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'ALLOWED_ORIGINS',
      'REGISTRATION',
      'ACCESS_TOKEN_TTL_SECONDS',
    ]);
  });

  it('never repeats the value of a secret', () => {
    const secrets = {
      DATABASE_URL: 'mysql://u:hunter2@h/d',
      KEY_ENCRYPTION_KEY: 'hunter2',
      PUBLIC_URL: 'ftp://hunter2',
    };
    expect(problemsOf(secrets)).toHaveLength(3);
    expect(problemsOf(secrets).join()).not.toContain('hunter2');
  });

  it.each([
    ['an http origin', { PUBLIC_URL: 'http://auth.example.com' }, 'PUBLIC_URL'],
    ['an http issuer', { JWT_ISSUER: 'http://auth.example.com' }, 'JWT_ISSUER'],
    ['the embedded database', { DATABASE_URL: '' }, 'DATABASE_URL'],
    ['generated keys', { KEY_ENCRYPTION_KEY: '' }, 'KEY_ENCRYPTION_KEY'],
    ['no rate limits', { RATE_LIMITS: 'off' }, 'RATE_LIMITS'],
    [
      'breached passwords asked for over http',
      { PASSWORD_BREACH_URL: 'http://range.example.com' },
      'PASSWORD_BREACH_URL',
    ],
    ['very short tokens', { ACCESS_TOKEN_TTL_SECONDS: '59' }, 'ACCESS_TOKEN_TTL_SECONDS'],
    ['a wildcard origin', { ALLOWED_ORIGINS: '*' }, 'ALLOWED_ORIGINS'],
    ['a wildcard host', { ALLOWED_ORIGINS: 'https://*.example.com' }, 'ALLOWED_ORIGINS'],
    ['an http app', { ALLOWED_ORIGINS: 'http://app.example.com' }, 'ALLOWED_ORIGINS'],
  ])('refuses %s in production', (_, change, name) => {
    expect(problemsOf({ ...production, ...change }).map((problem) => problem.split(/[ =]/)[0])).toContain(name);
  });

  it.each([
    ['a remembered session that is shorter than a plain one', { REFRESH_IDLE_DAYS: '40', REFRESH_REMEMBER_DAYS: '30' }],
    ['an absolute end before the idle one', { REFRESH_ABSOLUTE_DAYS: '60' }],
    [
      'two key-encryption keys',
      { KEY_ENCRYPTION_KEY: production.KEY_ENCRYPTION_KEY, KEY_ENCRYPTION_KEY_FILE: '/run/kek' },
    ],
    ['a cookie domain that is not ours', { PUBLIC_URL: 'https://auth.example.com', COOKIE_DOMAIN: 'example.org' }],
    [
      'a cookie domain that only ends like ours',
      { PUBLIC_URL: 'https://badexample.com', COOKIE_DOMAIN: 'example.com' },
    ],
    ['an origin with a path', { ALLOWED_ORIGINS: 'https://app.example.com/app' }],
    ['an issuer with a query', { JWT_ISSUER: 'https://auth.example.com?x=1' }],
    ['a key-encryption key of 31 bytes', { KEY_ENCRYPTION_KEY: Buffer.alloc(31).toString('base64') }],
    ['RSA keys under 2048 bits', { SIGNING_KEY_BITS: '1024' }],
    ['a grace over five minutes', { REFRESH_GRACE_SECONDS: '301' }],
    ['such a grace of bound sessions', { REFRESH_GRACE_BOUND_SECONDS: '301' }],
    ['bound sessions over cookies', { REQUIRE_BOUND_SESSIONS: 'cookie' }],
    ['proxies that are no addresses', { TRUST_PROXY: 'everybody' }],
  ])('refuses %s', (_, env) => {
    expect(problemsOf(env)).toHaveLength(1);
  });
});
