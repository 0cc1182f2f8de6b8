// The page that a link in a mail opens, without a browser.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './support/client.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

describe('the answer to GET', () => {
  it('may run and load only what it holds, may not be framed, kept or found, and sends no Referer', async () => {
    const { status, headers, text } = await call(service.url, 'GET', '/link/verify');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    const policy = String(headers['content-security-policy']).split(';');
    expect(policy).toEqual([
      "default-src 'none'",
      expect.stringMatching(/^script-src 'sha256-[\w+/]{43}='$/),
      expect.stringMatching(/^style-src 'sha256-[\w+/]{43}='$/),
      "connect-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]);
    expect(text).not.toMatch(/\son\w+=|\sstyle=|javascript:|https?:/i);
    expect(text).toContain('<meta name="robots" content="noindex">');
    const other = await call(service.url, 'GET', '/health/live');
    expect(other.headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
  });

  it.each(['/link', '/link/', '/link/nothing', '/link/Verify', '/link/constructor', '/link/%00', '/link/__proto__'])(
    'is 404 for %s',
    async (path) => {
      expect(await call(service.url, 'GET', path)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    },
  );

  it('reflects nothing of the address', async () => {
    const plain = await call(service.url, 'GET', '/link/verify');
    const evil = await call(service.url, 'GET', '/link/verify%22%3E%3Cscript%3Ealert(1)?x=%3Cscript%3E');
    expect(evil.text).toBe(plain.text);
  });
});
