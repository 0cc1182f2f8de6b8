// Only our own pages and the listed origins may use the cookies of a browser.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, mobile, register } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

const LISTED = 'https://app.example.com';
let service: Service;
beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: `${LISTED},https://two.example.com` });
});
afterAll(() => service.stop());

const foreign: Record<string, string>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://evil.example', host: 'evil.example' },
  { origin: 'http://auth.test.evil.example' },
  { origin: `${LISTED}.evil.example` },
  { origin: 'https://APP.example.com' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'same-site', origin: 'https://sibling.auth.test' },
];

describe('a state-changing request with our cookies (ASVS 3.5.1)', () => {
  it('from a foreign or sibling origin is refused on every path, and changes nothing', async () => {
    const browser = await Browser.signedIn(service.url);
    const cookie = [...browser.jar].map(([name, { value }]) => `${name}=${value}`).join('; ');
    const targets = [
      'POST /auth/refresh',
      'DELETE /auth/refresh',
      'POST /auth/logout',
      'POST /auth/logout-all',
      'POST /no/such/path',
    ];
    for (const headers of foreign) {
      for (const target of targets) {
        const [method = '', path = ''] = target.split(' ');
        const answer = await call(service.url, method, path, { headers: { cookie, ...headers } });
        expect([target, headers, answer.status, answer.json['code']]).toEqual([target, headers, 403, 'csrf_rejected']);
        expect(answer.json['session']).toBe('keep');
      }
    }
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('from our own page, a listed origin, a typed address or no browser at all passes', async () => {
    const friendly: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-site', origin: LISTED },
      { 'sec-fetch-site': 'cross-site', origin: 'https://two.example.com' },
      { origin: 'http://auth.test' },
      {},
    ];
    const browser = await Browser.signedIn(service.url);
    for (const headers of friendly) {
      const cookie = browser.cookiesFor('/auth/refresh');
      const answer = await call(service.url, 'POST', '/auth/refresh', { headers: { cookie, ...headers } });
      expect([headers, answer.status]).toEqual([headers, 200]);
      browser.absorb(answer);
    }
  });

  it('reads and bearer clients without cookies pass', async () => {
    const phone = await mobile(service.url);
    const headers = { ...bearer(phone.accessToken), origin: 'https://evil.example' };
    expect((await call(service.url, 'GET', '/auth/me', { headers })).status).toBe(200);
    expect((await call(service.url, 'POST', '/auth/logout', { headers })).status).toBe(204);
  });
});

it('a foreign page can neither sign its visitor in nor register one (login CSRF, ASVS 7.6.2)', async () => {
  const person = await register(service.url);
  for (const headers of foreign) {
    for (const path of ['/auth/login', '/auth/register', '/auth/login?x=1']) {
      const answer = await call(service.url, 'POST', path, { body: person, headers });
      expect([path, headers, answer.status, answer.json['code']]).toEqual([path, headers, 403, 'csrf_rejected']);
    }
  }
});

it('a sibling page cannot erase the cookies of a visitor whose access cookie has expired', async () => {
  for (const headers of foreign) {
    const answer = await call(service.url, 'POST', '/auth/logout', { headers });
    expect([headers, answer.json['code'], answer.cookies]).toEqual([headers, 'csrf_rejected', []]);
  }
  const own = await call(service.url, 'POST', '/auth/logout', { headers: { 'sec-fetch-site': 'same-origin' } });
  expect([own.status, own.cookies.length]).toEqual([204, 3]);
});

it('another spelling of the login path does not bypass the guard', async () => {
  const person = await register(service.url);
  for (const path of [
    '/auth/login/',
    '/auth//login',
    '/AUTH/LOGIN',
    '/auth/%6Cogin',
    '/auth/./login',
    '//auth/login',
    '/auth/login;x',
    '/auth/login#x',
  ]) {
    const answer = await call(service.url, 'POST', path, { body: person, headers: { origin: 'https://evil.example' } });
    expect([path, answer.status >= 400 && answer.status < 500, answer.cookies]).toEqual([path, true, []]);
  }
});

describe('CORS', () => {
  const preflight = (origin: string, path = '/auth/refresh') =>
    call(service.url, 'OPTIONS', path, {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });

  it('names exactly the listed origins, with credentials (ASVS 3.4.2)', async () => {
    const listed = await preflight(LISTED);
    expect(listed.headers).toMatchObject({
      'access-control-allow-origin': LISTED,
      'access-control-allow-credentials': 'true',
    });
    expect(listed.headers['vary']).toMatch(/Origin/);
    for (const origin of ['https://evil.example', 'null', `${LISTED}.evil.example`]) {
      expect((await preflight(origin)).headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('lets a page of a listed origin read why it was refused, and no other page', async () => {
    const refusals = (origin: string) =>
      Promise.all([
        call(service.url, 'GET', '/auth/me', { headers: { origin } }),
        call(service.url, 'POST', '/auth/login', { headers: { origin }, body: '{' }),
        call(service.url, 'GET', '/nope', { headers: { origin } }),
      ]);
    for (const { status, headers } of await refusals(LISTED)) {
      expect([status, headers['access-control-allow-origin']]).toEqual([expect.any(Number), LISTED]);
      expect(headers['access-control-expose-headers']).toMatch(/x-request-id.*etag/);
    }
    for (const { headers } of await refusals('https://evil.example'))
      expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('answers an OPTIONS request that is no preflight', async () => {
    expect((await call(service.url, 'OPTIONS', '/auth/login')).status).toBeLessThan(500);
    expect((await call(service.url, 'OPTIONS', '/auth/login')).text).not.toContain('Invalid Preflight');
  });

  it('opens the key set to everyone, without credentials', async () => {
    const answer = await call(service.url, 'GET', '/.well-known/jwks.json', {
      headers: { origin: 'https://evil.example' },
    });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('CORS for what browsers and apps add by themselves', () => {
  const ask = async (target: Service, origin: string, header: string) => {
    const answer = await call(target.url, 'OPTIONS', '/auth/refresh', {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': header },
    });
    const allowed = String(answer.headers['access-control-allow-headers']).split(', ');
    return answer.headers['access-control-allow-origin'] === origin && allowed.includes(header);
  };

  it('lets a page ask for what has changed: of the key set, of the feed', async () => {
    expect(await ask(service, LISTED, 'if-none-match')).toBe(true);
    expect(await ask(service, LISTED, 'if-match')).toBe(true); // and change only what it has seen
  });

  it('lets the headers of W3C tracing pass, and those that a setting names', async () => {
    const traced = await startServiceForTest({ ALLOWED_ORIGINS: LISTED, CORS_ALLOWED_HEADERS: 'X-B3-TraceId' });
    for (const header of ['traceparent', 'tracestate', 'baggage'])
      expect(await ask(service, LISTED, header)).toBe(true);
    expect(await ask(service, LISTED, 'x-b3-traceid')).toBe(false);
    expect(await ask(traced, LISTED, 'x-b3-traceid')).toBe(true);
    expect(await ask(traced, LISTED, 'traceparent')).toBe(true);
  });

  it('accepts the origins of packaged apps by their exact text', async () => {
    const apps = ['capacitor://localhost', 'tauri://localhost', 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'];
    const packaged = await startServiceForTest({ ALLOWED_ORIGINS: apps.join() });
    const person = await register(packaged.url);
    for (const origin of apps) {
      expect(await ask(packaged, origin, 'content-type')).toBe(true);
      const login = await call(packaged.url, 'POST', '/auth/login', { body: person, headers: { origin } });
      expect([origin, login.status]).toEqual([origin, 200]);
    }
    for (const origin of ['capacitor://other', 'tauri://localhost.evil.example', 'null', 'chrome-extension://evil']) {
      expect(await ask(packaged, origin, 'content-type')).toBe(false);
      const login = await call(packaged.url, 'POST', '/auth/login', { body: person, headers: { origin } });
      expect([origin, login.status]).toEqual([origin, 403]);
    }
  });
});

describe('a page that cannot send JSON logs out', () => {
  it.each([
    ['a beacon', 'text/plain;charset=UTF-8', ''],
    ['a beacon with a word in it', 'text/plain;charset=UTF-8', 'bye'],
    ['an empty form', 'application/x-www-form-urlencoded', ''],
    ['a form with a button', 'application/x-www-form-urlencoded', 'logout=1'],
  ])('by %s of our own origin, and of no other', async (_, type, rawBody) => {
    const browser = await Browser.signedIn(service.url);
    const phone = await mobile(service.url);
    const cookie = browser.cookiesFor('/auth/logout');
    for (const headers of foreign) {
      const refused = await call(service.url, 'POST', '/auth/logout', {
        rawBody,
        headers: { cookie, 'content-type': type, ...headers },
      });
      expect(refused.json['code']).toBe('csrf_rejected');
    }
    const left = await browser.go('POST', '/auth/logout', { rawBody, headers: { 'content-type': type } });
    expect(left.status).toBe(204);
    expect((await call(service.url, 'GET', '/auth/me', { headers: { cookie } })).status).toBe(401);
    const elsewhere = await call(service.url, 'POST', '/auth/logout-all', {
      rawBody: 'x=1',
      headers: { ...bearer(phone.accessToken), 'content-type': type },
    });
    expect(elsewhere.json['code']).toBe('unsupported_media_type');
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', (token: string) => `refreshToken=${token}`],
    ['a form that spells the name in percent', 'application/x-www-form-urlencoded', () => 'refresh%5Ftoken=cut'],
    ['a form with the name of RFC 7009', 'application/x-www-form-urlencoded', (token: string) => `token=${token}`],
    ['a beacon', 'text/plain', (token: string) => token],
  ])('but %s that carries a token is told that it does not count', async (_, type, bodyOf) => {
    const phone = await mobile(service.url);
    for (const token of [phone.refreshToken, phone.accessToken]) {
      const answer = await call(service.url, 'POST', '/auth/logout', {
        rawBody: bodyOf(token),
        headers: { 'content-type': type },
      });
      expect([answer.status, answer.json['code']]).toEqual([415, 'unsupported_media_type']);
    }
  });
});
