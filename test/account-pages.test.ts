// How the service serves its account pages, without a browser.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageNames } from '../src/account-pages/page-names.js';
import { call } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ BRAND_NAME: 'Example & Söhne', ALLOWED_ORIGINS: 'https://app.example.com' });
});
afterAll(() => service?.stop());

const get = (path: string, headers: Record<string, string> = {}, from = service) =>
  call(from.url, 'GET', path, { headers });

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'none'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/** What the document loads. */
const assetsIn = (html: string) => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);

describe('the document', () => {
  it.each([...pageNames])(
    'of /account/%s may load our own files only, and may not be framed, kept or found',
    async (name) => {
      const { status, headers, text } = await get(name === '' ? '/account' : `/account/${name}`);
      expect(status).toBe(200);
      expect(String(headers['content-security-policy']).split(';')).toEqual(policy);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
      expect(text).toContain('<meta name="robots" content="noindex" />');
      expect(text).not.toMatch(/\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)|javascript:/i);
    },
  );

  it('loads nothing from another host, and everything that it names exists', async () => {
    const { text } = await get('/account/sign-in');
    const assets = assetsIn(text);
    expect(assets.length).toBeGreaterThanOrEqual(4);
    for (const path of assets) {
      expect(path).toMatch(/^\/account\/assets\/[\w-]+\.(js|css|svg)$/);
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
  });

  it('holds the settings that the pages need, and no others', async () => {
    const { text } = await get('/account/sign-in', { 'accept-language': 'de' });
    const [, content = ''] = /<meta name="watchword" content="([^"]*)"/.exec(text) ?? [];
    const settings: unknown = JSON.parse(content.replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
    expect(settings).toEqual({
      name: 'Example & Söhne',
      registration: 'open',
      magicLinks: false,
      providers: [],
      passwordMinLength: 15,
      languages: ['en', 'de'],
      language: 'de',
      origins: ['https://app.example.com'],
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
    });
    expect(text).toContain('<title>Example &amp; Söhne</title>');
  });

  it('is in the language of the browser, and caches are told so', async () => {
    const german = await get('/account', { 'accept-language': 'de-AT,en;q=0.5' });
    expect(german.text).toContain('<html lang="de">');
    expect(german.headers['vary']).toContain('Accept-Language');
    expect((await get('/account', { 'accept-language': 'fr' })).text).toContain('<html lang="en">');
  });

  it('reflects nothing of the address, and ignores what a rewriter of links puts behind the name', async () => {
    const plain = await get('/account/verify');
    for (const path of [
      `/account/verify%23token=wot_${'x'.repeat(71)}`,
      `/account/verify%2523token%253Dwot_${'x'.repeat(71)}`,
      '/account/verify?token=wot_x&utm_source=mail',
      '/account/verify%22%3E%3Cscript%3Ealert(1)?x=%3Cscript%3E',
      '/account/verify/',
    ]) {
      const { status, text } = await get(path);
      expect([path, status, text === plain.text]).toEqual([path, 200, true]);
    }
    expect(JSON.stringify(service.log)).not.toContain('wot_x');
  });

  it.each(['/account/nothing', '/account/Sign-in', '/account/constructor', '/account/__proto__', '/account/sign-in2'])(
    'is 404 for %s, and shows the page all the same',
    async (path) => {
      const { status, headers, text } = await get(path);
      expect([status, text]).toEqual([404, (await get('/account')).text]);
      expect(String(headers['content-security-policy']).split(';')).toEqual(policy);
    },
  );

  it('answers HEAD as GET, without a body', async () => {
    const [head, full] = [await call(service.url, 'HEAD', '/account/sign-in'), await get('/account/sign-in')];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(full.text)));
    expect((await call(service.url, 'HEAD', '/account/nothing')).status).toBe(404);
  });

  it('takes no POST', async () => {
    expect((await call(service.url, 'POST', '/account/sign-in', { body: {} })).json['code']).toBe('not_found');
  });
});

describe('an asset', () => {
  const script = async () => assetsIn((await get('/account')).text).find((path) => path.endsWith('.js')) ?? '';
  const raw = async (path: string, encodings?: string) => {
    const headers = encodings === undefined ? {} : { 'accept-encoding': encodings };
    const response = await fetch(`${service.url}${path}`, { headers });
    return { headers: response.headers, text: await response.text() };
  };

  it('may be kept for ever: its name changes with its content', async () => {
    const { headers } = await get(await script());
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['vary']).toContain('Accept-Encoding');
  });

  it.each([
    ['br', 'gzip, deflate, br', 'br'],
    ['gzip', 'gzip', 'gzip'],
    ['gzip where brotli is refused', 'gzip, br;q=0', 'gzip'],
    ['nothing', 'identity', null],
    ['nothing where all is refused', '*;q=0', null],
  ])('is sent with %s to a client that takes %s', async (_, accepted, encoding) => {
    const path = await script();
    const [plain, encoded] = [await raw(path, 'identity'), await raw(path, accepted)]; // fetch decodes
    expect(encoded.headers.get('content-encoding')).toBe(encoding);
    expect(encoded.text).toBe(plain.text);
    const sizeOf = ({ headers }: { headers: Headers }) => Number(headers.get('content-length'));
    expect(sizeOf(encoded) < sizeOf(plain)).toBe(encoding !== null);
  });

  it.each([
    '/account/assets/nothing.js',
    '/account/assets/',
    '/account/assets/..%2findex.html',
    '/account/assets/..%2f..%2f..%2fpackage.json',
    '/account/assets/%2e%2e%2f.built-from',
    '/account/assets/__proto__',
    '/account/assets/constructor',
    '/account/assets/%00',
    '/account/../package.json',
  ])('is found by its name in a list, never by a path: %s is none', async (path) => {
    const { status, text } = await get(path);
    expect(status).toBe(404);
    expect(text).not.toContain('workspaces');
  });

  it('is compressed when it is built, and the compressed files hold the same', async () => {
    const names = readdirSync('web/dist/assets').filter((name) => !/\.(br|gz)$/.test(name));
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const name of names) {
      const content = readFileSync(`web/dist/assets/${name}`);
      expect(brotliDecompressSync(readFileSync(`web/dist/assets/${name}.br`)).equals(content)).toBe(true);
      expect(gunzipSync(readFileSync(`web/dist/assets/${name}.gz`)).equals(content)).toBe(true);
    }
  });

  it('gives the pages the accent colour, in light and dark, with text that can be read on it', async () => {
    const other = await startServiceForTest({ BRAND_ACCENT: '7c3aed,c4b5fd' });
    const theme = assetsIn((await get('/account', {}, other)).text).find((path) => path.includes('/theme-')) ?? '';
    const { text, headers } = await get(theme, {}, other);
    expect(headers['content-type']).toBe('text/css; charset=utf-8');
    expect(text).toMatch(/^:root \{ --accent: #7c3aed; --on-accent: #ffffff; \}/);
    expect(text).toMatch(/dark\) \{\n:root \{ --accent: #c4b5fd; --on-accent: #111111; \}/);
    expect((await get(theme)).status).toBe(404); // another colour, another name
  });
});

describe('the logo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-logo-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('the rest')]);

  it.each<[string, string, string | Buffer]>([
    ['svg', 'image/svg+xml', `<?xml version="1.0"?>\n<!-- drawn by hand -->\n${svg}`],
    ['png', 'image/png', png],
  ])('from a file (%s) is served under a policy that runs nothing in it', async (ending, type, content) => {
    const own = await startServiceForTest({ BRAND_LOGO_FILE: file(`logo.${ending}`, content) });
    const [path = ''] =
      new RegExp(`/account/assets/logo-[\\w-]{8}\\.${ending}`).exec((await get('/account', {}, own)).text) ?? [];
    const { status, headers } = await get(path, {}, own);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';.*;sandbox$/);
    expect(headers['cache-control']).toContain('immutable');
  });

  it.each<[string, string, string | Buffer]>([
    ['a page', 'must be an SVG or a PNG', '<!doctype html><svg></svg><html></html>'],
    ['a script', 'must be an SVG or a PNG', 'alert(1) // <svg>'],
    ['a GIF', 'must be an SVG or a PNG', 'GIF89a'],
    ['too large', 'must be of at most 100 kB', Buffer.concat([png, Buffer.alloc(100_000)])],
  ])('that is %s is refused at the start', async (name, sentence, content) => {
    await expect(startService({ BRAND_LOGO_FILE: file(name, content) })).rejects.toThrow(`BRAND_LOGO_FILE ${sentence}`);
  });

  it('that does not exist is refused at the start', async () => {
    await expect(startService({ BRAND_LOGO_FILE: join(folder, 'none') })).rejects.toThrow(
      'BRAND_LOGO_FILE cannot be read',
    );
  });
});

describe('the root', () => {
  it.each([
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'],
    ['what prefers a page', 'application/json;q=0.5, text/html'],
  ])('leads %s to the account', async (_, accept) => {
    const { status, headers } = await get('/', { accept });
    expect([status, headers['location']]).toEqual([302, '/account']);
    expect(headers['vary']).toContain('Accept');
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['curl', '*/*'],
    ['an API client', 'application/json'],
    ['what prefers JSON', 'application/json, text/html;q=0.9'],
  ])('tells %s where things are', async (_, accept) => {
    const { status, headers, json } = await get('/', { accept });
    expect(status).toBe(200);
    expect(headers['vary']).toContain('Accept');
    expect(json).toMatchObject({ name: 'Watchword', account: expect.stringMatching(/\/account$/) as string });
    for (const url of [json['openapi'], json['docs'], json['metadata'], json['keys']] as string[])
      expect([url, (await get(new URL(url).pathname)).status]).toEqual([url, 200]);
  });
});

it('with ACCOUNT_PAGES=off there are no pages, and the root is JSON for everybody', async () => {
  const off = await startServiceForTest({ ACCOUNT_PAGES: 'off', API_DOCS: 'off' });
  for (const path of ['/account', '/account/sign-in', '/account/nothing', '/account/assets/theme.css'])
    expect((await get(path, {}, off)).json['code']).toBe('not_found');
  const { status, json } = await get('/', { accept: 'text/html' }, off);
  expect(status).toBe(200);
  expect(json).not.toHaveProperty('account');
  expect(json).not.toHaveProperty('docs');
});
