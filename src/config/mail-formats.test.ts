import { describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';

const read = (env: Record<string, string>) => Config.fromEnv({ MAIL_FROM: 'a@example.com', ...env });

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('SMTP_URL', () => {
  it.each([
    ['smtp://smtp.example.com', { host: 'smtp.example.com', port: 587, isSecure: false, isLocal: false }],
    ['smtps://smtp.example.com/', { port: 465, isSecure: true }],
    ['smtp://me%40example.com:p%2Fw%3A@h:2525', { port: 2525, user: 'me@example.com', password: 'p/w:' }],
    ['smtp://[::1]:25', { host: '::1', isLocal: true }],
    ['smtp://localhost', { isLocal: true, user: undefined, password: undefined }],
  ])('%s', (text, server) => {
    expect(read({ SMTP_URL: text }).SMTP_URL).toMatchObject(server);
  });

  it.each([
    'smtp.example.com:587',
    'http://smtp.example.com',
    'smtp://h/?logger=true',
    'smtp://h?requireTLS=false',
    'smtp://h/folder',
    'smtp://user@h',
    'smtp://a:b/c@h',
    'smtp://a:%zz@h',
    'smtp://h:25#x',
  ])('is not %s', (text) => {
    const [problem = '', ...others] = problemsOf({ SMTP_URL: text });
    expect(problem).toMatch(/^SMTP_URL /);
    expect(problem).not.toContain(text);
    expect(others).toEqual([]);
  });

  it('needs a sender', () => {
    expect(problemsOf({ SMTP_URL: 'smtp://h', MAIL_FROM: '' })).toEqual([expect.stringMatching(/needs MAIL_FROM/)]);
  });
});

describe('MAIL_FROM', () => {
  it.each([
    ['a@example.com', { name: '', address: 'a@example.com' }],
    ['"Example, Inc." <no-reply@example.com>', { name: 'Example, Inc.', address: 'no-reply@example.com' }],
    ['Example, Inc. <no-reply@example.com>', { name: 'Example, Inc.', address: 'no-reply@example.com' }],
  ])('%s', (text, sender) => {
    expect(read({ MAIL_FROM: text }).mailFrom).toEqual(sender);
  });

  it.each(['Example', 'a@b, c@d', '<a@b> c', 'x <"a b"@example.com>', 'x <a@b>\r\nBcc: c@d', 'x\ty <a@b'])(
    'is not %j',
    (text) => {
      expect(problemsOf({ MAIL_FROM: text })).toEqual([expect.stringMatching(/^MAIL_FROM must be an address/)]);
    },
  );
});

describe('LINK_BASE_URL', () => {
  it('must be set where mails have links and there are no account pages that these could lead to', () => {
    const mails = { SMTP_URL: 'smtp://localhost', MAIL_FROM: 'a@example.com', ACCOUNT_PAGES: 'off' };
    expect(problemsOf(mails)).toEqual([expect.stringMatching(/^ACCOUNT_PAGES=off needs LINK_BASE_URL with SMTP_URL/)]);
    expect(problemsOf({ ...mails, LINK_BASE_URL: 'http://localhost:3000/links' })).toEqual([]);
    expect(problemsOf({ ...mails, ACCOUNT_PAGES: 'on' })).toEqual([]);
    expect(problemsOf({ ACCOUNT_PAGES: 'off' })).toEqual([]);
  });

  const own = { PUBLIC_URL: 'https://auth.example.com', ALLOWED_ORIGINS: 'https://app.example.com' };

  it.each([
    ['', 'https://auth.example.com/account'],
    ['https://app.example.com/account/', 'https://app.example.com/account'],
    ['https://AUTH.example.com', 'https://auth.example.com'],
  ])('%s', (text, base) => {
    expect(read({ ...own, LINK_BASE_URL: text }).linkBaseUrl).toBe(base);
  });

  it.each([
    'https://elsewhere.example.com/link',
    'https://app.example.com.evil.example/link',
    'https://app.example.com:8443/link',
    'http://app.example.com/link',
    'https://app.example.com@evil.example/',
    'https://app.example.com/?next=',
    'https://app.example.com/#',
    'javascript:alert(1)',
  ])('is not %s, to which tokens would be sent', (text) => {
    expect(problemsOf({ ...own, LINK_BASE_URL: text })).toEqual([expect.stringMatching(/^LINK_BASE_URL must be /)]);
  });
});
