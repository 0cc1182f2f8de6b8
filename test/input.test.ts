// Careless or hostile callers receive a clear 4xx in one format, never a 5xx.
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, call, mobile, register, somebody } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const login = (rawBody: string | Buffer, headers: Record<string, string> = {}) =>
  call(service.url, 'POST', '/auth/login', { rawBody, headers });

describe('a body that the route does not accept', () => {
  const deep = '['.repeat(30_000) + ']'.repeat(30_000);
  const cases: [string, string | Buffer, Record<string, string>, number, string][] = [
    ['broken', '{', {}, 400, 'invalid_request'],
    ['an array', '[]', {}, 400, 'invalid_request'],
    ['a string', '"x"', {}, 400, 'invalid_request'],
    ['null', 'null', {}, 400, 'invalid_request'],
    ['empty', '', {}, 400, 'invalid_request'],
    ['deep', deep, {}, 400, 'invalid_request'],
    ['of the wrong types', '{"email":1,"password":{}}', {}, 400, 'invalid_request'],
    ['with arrays for strings', '{"email":["a@b.co"],"password":["x"]}', {}, 400, 'invalid_request'],
    ['with an unknown field', '{"email":"a@b.co","password":"x","extra":1}', {}, 400, 'invalid_request'],
    ['with __proto__', '{"__proto__":{"a":1},"email":"a@b.co","password":"x"}', {}, 400, 'invalid_request'],
    [
      'with constructor',
      '{"constructor":{"prototype":{}},"email":"a@b.co","password":"x"}',
      {},
      400,
      'invalid_request',
    ],
    ['with a key twice', '{"email":"a@b.co","password":"x","password":"y"}', {}, 400, 'invalid_request'],
    [
      'with a key twice, once escaped',
      '{"email":"a@b.co","password":"x","pass\\u0077ord":"y"}',
      {},
      400,
      'invalid_request',
    ],
    ['with NUL in the address', '{"email":"a\\u0000@b.co","password":"x"}', {}, 400, 'invalid_request'],
    ['with a header in the address', '{"email":"a@b.co\r\nBcc: x@y.z","password":"x"}', {}, 400, 'invalid_request'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400, 'invalid_request'],
    ['over 64 KiB', 'x'.repeat(70_000), {}, 413, 'body_too_large'],
    ['a form', 'email=a', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['text', '{"email":"a@b.co","password":"x"}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['in another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'unsupported_media_type'],
    ['compressed', gzipSync('{}'), { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
  ];
  it.each(cases)('%s', async (_, body, headers, status, code) => {
    const answer = await login(body, headers);
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json).toMatchObject({ requestId: answer.headers['x-request-id'], detail: expect.any(String) });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', 'nonsense'])(
    'is no body when it is empty, whatever type it names: %s',
    async (type) => {
      const phone = await mobile(service.url);
      const headers = { authorization: `Bearer ${phone.accessToken}`, 'content-type': type };
      const answer = await call(service.url, 'POST', '/auth/logout-all', { rawBody: '', headers });
      expect([answer.status, answer.text]).toEqual([204, '']);
    },
  );

  it('is no body when it is chunked and empty', async () => {
    const phone = await mobile(service.url);
    const answer = await raw(
      `POST /auth/logout-all HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${phone.accessToken}\r\n` +
        'Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  });

  it('is refused before it is parsed if it has thousands of keys or levels, even if it is no JSON', async () => {
    const keys = `{${Array.from({ length: 9_000 }, (__, index) => `"k${index}":1`).join(',')}`.slice(0, 62_000);
    const values = `{"email":[${'1,'.repeat(20_000)}`;
    const levels = `{"email":${'['.repeat(17)}`;
    for (const rawBody of [keys, values, levels]) {
      const answer = await login(rawBody);
      expect([answer.status, answer.json['errors']]).toEqual([
        400,
        [{ path: '', message: 'The body has too many fields or levels.' }],
      ]);
    }
  });

  it('is refused with the name of its unknown field, unless that is no name', async () => {
    const named = await login('{"email":"a@b.co","password":"x","name":"a secret value"}');
    expect(named.json['errors']).toEqual([{ path: '', message: 'Unknown field: `name`.' }]);
    const strange = await login('{"email":"a@b.co","password":"x","<script>":1}');
    expect(strange.json['errors']).toEqual([{ path: '', message: 'Unknown field.' }]);
  });

  it('is refused without repeating a long unknown name', async () => {
    const answer = await login(JSON.stringify({ email: 'a@b.co', password: 'x', ['hunter2'.repeat(8_000)]: 1 }));
    expect(answer.text.length).toBeLessThan(1_000);
    expect(answer.text).not.toContain('hunter2');
  });

  it('may repeat a name inside a value, and may have brackets and quotes in strings', async () => {
    const answer = await login('{"email":"a@b.co","password":"\\"password\\":{[ \\\\"}');
    expect(answer.json['code']).toBe('invalid_credentials');
  });

  it('is refused with the name of the wrong field, never with its value', async () => {
    const answer = await login('{"email":"not an address","password":"a secret value"}');
    expect(answer.json['errors']).toMatchObject([{ path: 'email' }]);
    expect(answer.text).not.toContain('not an address');
    expect(answer.text).not.toContain('secret value');
  });
});

describe('input that a route would ignore is refused, and nothing is done', () => {
  it.each([
    ['a body where none is taken', 'DELETE', '/auth/sessions', { rawBody: '{"id":"one"}' }],
    ['a query that nobody knows', 'DELETE', '/auth/sessions?id=one', {}],
    ['one that is nearly known', 'DELETE', '/auth/sessions?persistant=true', {}],
    ['a value that nobody knows', 'DELETE', '/auth/sessions?persistent=yes', {}],
    ['a body for everything', 'POST', '/auth/logout-all', { rawBody: '{"except":"current"}' }],
    ['a query on a path with an id', 'DELETE', '/auth/sessions/0?all=false', {}],
    ['a query of a reader', 'GET', '/auth/me?fields=id', {}],
    ['a query of a writer with a body', 'POST', '/auth/password?dry=1', { rawBody: '{}' }],
    ['a body of a reader', 'GET', '/auth/sessions', { rawBody: '{"limit":1}' }],
  ])('%s', async (_, method, path, given) => {
    const phone = await mobile(service.url);
    const other = await mobile(service.url, phone.person);
    const headers = { authorization: `Bearer ${phone.accessToken}` };
    const answer = await call(service.url, method, path, { ...given, headers });
    expect([answer.status, answer.json['code'], answer.json['session']]).toEqual([400, 'invalid_request', 'keep']);
    for (const { accessToken } of [phone, other]) {
      const mine = await call(service.url, 'GET', '/auth/me', { headers: { authorization: `Bearer ${accessToken}` } });
      expect(mine.status).toBe(200);
    }
  });

  it('but an empty object passes, and a caller without a token receives 401 first', async () => {
    const phone = await mobile(service.url);
    const stranger = await call(service.url, 'DELETE', '/auth/sessions?x=1');
    expect(stranger.json['code']).toBe('unauthenticated');
    const headers = { authorization: `Bearer ${phone.accessToken}` };
    expect((await call(service.url, 'POST', '/auth/logout-all', { body: {}, headers })).status).toBe(204);
    expect((await call(service.url, 'GET', '/.well-known/jwks.json?v=2')).status).toBe(200);
    expect((await call(service.url, 'GET', '/health/live?from=probe')).status).toBe(200);
  });
});

describe('an email address as people and phones write it', () => {
  it.each([
    ['with spaces around it', (id: string) => ` ${id}@Example.com \u00a0`, (id: string) => `${id}@example.com`],
    [
      'with an international domain',
      (id: string) => `${id}@Bücher.example`,
      (id: string) => `${id}@xn--bcher-kva.example`,
    ],
    [
      'with one in decomposed letters',
      (id: string) => `${id}@bu\u0308cher.example`,
      (id: string) => `${id}@xn--bcher-kva.example`,
    ],
    ['with full stops of another script', (id: string) => `${id}@例え。jp`, (id: string) => `${id}@xn--r8jz45g.jp`],
  ])('%s is one account', async (_, written, canonical) => {
    const { email, password } = somebody();
    const id = email.split('@')[0] ?? '';
    const made = await call(service.url, 'POST', '/auth/register', { body: { email: written(id), password } });
    expect([made.status, made.json['user']?.email]).toEqual([201, canonical(id)]);
    const again = await call(service.url, 'POST', '/auth/register', { body: { email: canonical(id), password } });
    expect(again.json['code']).toBe('email_taken');
    const body = { email: ` ${canonical(id).toUpperCase()}`, password };
    expect((await call(service.url, 'POST', '/auth/login', { body })).status).toBe(200);
  });

  it.each([
    'a@b@é.example',
    'a@é%2eexample',
    'a@é/x.example',
    'a@é.example:80',
    'é@example.com',
    'a@é..example',
    '@é.example',
  ])('is refused where it is none: %s', async (email) => {
    const answer = await call(service.url, 'POST', '/auth/register', { body: { ...somebody(), email } });
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid_request']);
  });
});

describe('the metadata of an issuer with a path', () => {
  it('is served at the addresses of RFC 8414 §3 and OpenID Discovery', async () => {
    const issuer = 'http://auth.test/tenant/one';
    const { url } = await startServiceForTest({ JWT_ISSUER: issuer });
    for (const path of [
      '/.well-known/oauth-authorization-server/tenant/one',
      '/.well-known/openid-configuration/tenant/one',
      '/tenant/one/.well-known/openid-configuration',
      '/tenant/one/.well-known/openid-configuration?x=1',
    ]) {
      const found = await call(url, 'GET', path, { headers: { origin: 'https://any.example' } });
      expect([path, found.status, found.json['issuer']]).toEqual([path, 200, issuer]);
      expect(found.headers['access-control-allow-origin']).toBe('*');
    }
    for (const path of ['/tenant/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/tenant'])
      expect((await call(url, 'GET', path)).status).toBe(404);
  });
});

describe('a request that never reaches a route', () => {
  it('is refused with the name of the missing route, without its query', async () => {
    const answer = await call(service.url, 'GET', '/auth/login?token=abc');
    expect(answer.json['detail']).toBe('No such route: GET /auth/login');
    const strange = await call(service.url, 'GET', `/${'a'.repeat(200)}`);
    expect(strange.json['detail']).toBe('No such route.');
  });

  it.each([
    ['with a path that cannot be decoded', 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    [
      'with an id that is too long',
      `DELETE /auth/sessions/${'a'.repeat(500)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      404,
    ],
    [
      'with an expectation that nobody knows',
      'GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n',
      417,
    ],
    ['without a Host', 'GET /auth/me HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['with two Hosts (RFC 9112 §3.2)', 'GET /auth/me HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400],
    ['that is no HTTP', 'GARBAGE\r\n\r\n', 400],
  ])('%s gets one answer with every security header', async (_, text, status) => {
    const answer = await raw(text);
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(answer).toMatch(/"code":"(invalid_request|not_found)"/);
    for (const line of [
      'x-frame-options: DENY',
      'cache-control: no-store',
      "content-security-policy: default-src 'none'",
    ])
      expect(answer.toLowerCase()).toContain(line.toLowerCase());
  });

  it('of HTTP/1.0 needs no Host', async () => {
    expect(await raw('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['whose framing is nonsense', 'POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{}'],
    ['whose chunk is nonsense', 'POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    [
      'whose type is nonsense and its chunk too',
      'POST /auth/me HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    [
      'that is a reader’s with a broken body',
      'GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ])('one request has one answer: %s', async (_, text) => {
    expect((await raw(text)).match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(1);
  });

  it('is answered after the one before it on the same connection', async () => {
    const answer = await raw('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\nGARBAGE\r\n\r\n');
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it.each(['/%zz', '/nope', '/auth/me/x.css', '/auth'])('GET %s is a clear 4xx (ASVS 14.2.5)', async (path) => {
    const answer = await call(service.url, 'GET', path);
    expect(answer.json['code']).toBe(path === '/%zz' ? 'invalid_request' : 'not_found');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('with another method is not found, and no method can be overridden (ASVS 4.1.4)', async () => {
    for (const method of ['PUT', 'PATCH', 'TRACE', 'GET']) {
      const answer = await call(service.url, method, '/auth/login', { headers: { 'x-http-method-override': 'POST' } });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });

  it('that its client aborts is not a server error', async () => {
    const { port } = new URL(service.url);
    const before = service.log.length;
    const socket = connect(Number(port), '127.0.0.1');
    const server: Server = service.app.getHttpServer();
    const hasCome = new Promise((done) => server.once('request', done));
    socket.write(
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"',
    );
    await hasCome;
    socket.destroy();
    await until('it is logged', () => service.log.length > before);
    expect(service.log.slice(before)).toMatchObject([{ level: 'info', code: 'invalid_request' }]);
  });

  it('that is no HTTP, or whose headers are a flood, is refused on the socket', async () => {
    expect(await raw('GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*problem\+json[^]*"code":"invalid_request"/);
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

it('every answer carries the security headers, refusals and unknown paths included (ASVS 3.4)', async () => {
  const phone = await mobile(service.url);
  const answers = [
    await call(service.url, 'GET', '/auth/me', { headers: { authorization: `Bearer ${phone.accessToken}` } }),
    await call(service.url, 'GET', '/auth/me'),
    await call(service.url, 'GET', '/nope'),
    await login('{'),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([200, 401, 404, 400]);
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  }
});

describe('where a request comes from', () => {
  const loginFrom = async (target: Service, forwarded: string) => {
    await call(target.url, 'POST', '/auth/login', {
      body: somebody(),
      headers: {
        'x-forwarded-for': forwarded,
        forwarded: 'for=6.6.6.6',
        'x-real-ip': '6.6.6.6',
        'x-forwarded-host': 'evil.example',
      },
    });
    return target.log.findLast((line) => line['event'] === 'login.failed')?.['ip'];
  };

  it('is the socket while no proxy is trusted (ASVS 4.1.3)', async () => {
    expect(await loginFrom(service, '1.2.3.4')).toBe('127.0.0.1');
  });

  it('is the right-most address with one trusted hop, and never a text that is no address', async () => {
    const proxied = await startServiceForTest({ TRUST_PROXY: '1' });
    expect(await loginFrom(proxied, '9.9.9.9, 1.2.3.4')).toBe('1.2.3.4');
    expect(await loginFrom(proxied, '9.9.9.9, ::ffff:5.6.7.8')).toBe('5.6.7.8');
    expect(await loginFrom(proxied, "1.2.3.4, '; drop table users")).toBeNull();
    const listed = await startServiceForTest({ TRUST_PROXY: '127.0.0.0/8' });
    expect(await loginFrom(listed, '1.2.3.4')).toBe('1.2.3.4');
  });

  it('is known even if a proxy appends a port to the address', async () => {
    const proxied = await startServiceForTest({ TRUST_PROXY: '1' });
    expect(await loginFrom(proxied, '203.0.113.7:51234')).toBe('203.0.113.7');
    expect(await loginFrom(proxied, '[2001:db8::1]:443')).toBe('2001:db8::1');
    expect(await loginFrom(proxied, '[2001:db8::1]')).toBe('2001:db8::1');
    expect(await loginFrom(proxied, '203.0.113.7:99999999')).toBeNull();
    const listed = await startServiceForTest({ TRUST_PROXY: '127.0.0.1, 10.0.0.0/8, fd00::/8' });
    expect(await loginFrom(listed, '203.0.113.7:51234, [fd00::5]:8080, 10.1.2.3:443')).toBe('203.0.113.7');
    expect(await loginFrom(listed, '6.6.6.6, 203.0.113.7, ::ffff:10.1.2.3')).toBe('203.0.113.7');
  });

  it('does not determine our own name: only PUBLIC_URL does, with or without a trusted hop', async () => {
    const proxied = await startServiceForTest({ TRUST_PROXY: '1' });
    const lies = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    };
    for (const { url } of [service, proxied]) {
      const found = await call(url, 'GET', '/.well-known/openid-configuration', { headers: lies });
      expect(found.text).not.toContain('evil');
      expect(found.json['issuer']).toBe('http://auth.test');
      const headers = { ...lies, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
      const login = await call(url, 'POST', '/auth/login', { body: somebody(), headers });
      expect(login.json['code']).toBe('csrf_rejected');
    }
  });

  it('hostile user agents stay one capped line of the log (ASVS 16.4.1)', async () => {
    const person = await register(service.url);
    const agent = `\u001b[31mred${'x'.repeat(5_000)}`;
    await call(service.url, 'POST', '/auth/login', {
      body: person,
      headers: { 'user-agent': Buffer.from(agent).toString('latin1') },
    }).catch(() => undefined);
    await call(service.url, 'POST', '/auth/login', {
      body: person,
      headers: { 'user-agent': `a\tb${'x'.repeat(5_000)}` },
    });
    const seen = service.log.findLast((line) => line['event'] === 'login.succeeded')?.['userAgent'] as string;
    expect(seen).toMatch(/^a bx+$/);
    expect(seen).toHaveLength(256);
  });
});

it('the log contains no token, password, selector or hash', async () => {
  const browser = await Browser.signedIn(service.url);
  const phone = await mobile(service.url);
  await browser.go('POST', '/auth/refresh');
  await login('{"email":"a@b.co","password":"hunter2hunter2","x":1}');
  await login('{"password":"hunter2hunter2" broken');
  const text = JSON.stringify(service.log);
  expect(text).not.toMatch(/eyJ[\w-]{10}|wrt_|hunter2|a passphrase of/);
  const bytes = Buffer.from(phone.refreshToken.slice(4), 'base64url');
  for (const part of [bytes.subarray(16, 32), bytes.subarray(36, 68)]) {
    for (const encoding of ['hex', 'base64url', 'base64'] as const) expect(text).not.toContain(part.toString(encoding));
  }
});

function raw(text: string): Promise<string> {
  const { port } = new URL(service.url);
  return new Promise((done) => {
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => done(answer));
    socket.on('error', () => done(answer));
  });
}

it('an idle connection stays open longer than at the load balancer, as set', async () => {
  const head = await call(service.url, 'GET', '/health/live', { headers: { connection: 'keep-alive' } });
  expect(head.headers['keep-alive']).toBe('timeout=75');
  const patient = await startServiceForTest({ KEEP_ALIVE_SECONDS: '620' });
  const longer = await call(patient.url, 'GET', '/health/live', { headers: { connection: 'keep-alive' } });
  expect(longer.headers['keep-alive']).toBe('timeout=620');
});

it('each start warns of allowed but risky settings', async () => {
  const risky = await startServiceForTest({ INSECURE_BACKENDS: 'redis' });
  expect(risky.log.filter(({ event }) => event === 'config.warning')).toMatchObject([
    { level: 'warn', msg: expect.stringMatching(/^INSECURE_BACKENDS=redis: /) },
  ]);
  expect(service.log.filter(({ event }) => event === 'config.warning')).toEqual([]);
});

it('a HEAD request does not change what a later GET may send', async () => {
  const fresh = await startServiceForTest();
  for (const method of ['HEAD', 'GET']) {
    expect((await call(fresh.url, method, '/.well-known/openid-configuration?v=1')).status).toBe(200);
  }
});
