// Floods, bombs, slow clients and random bytes are refused in bounded time and memory.
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, mobile, somebody } from './support/client.js';
import { collectedHeap } from './support/collected-heap.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Sends raw bytes, and reads until the service closes the connection. */
function raw(...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((done) => {
    let answer = '';
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('close', () => done(answer));
    socket.on('error', () => done(answer));
  });
}

const isFine = async () => expect((await call(service.url, 'GET', '/health/ready')).status).toBe(200);

describe('a flood', () => {
  it.each([
    ['one header of 100 kB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    ['a user agent of 100 kB', `GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    ['5,000 headers', `GET / HTTP/1.1\r\nHost: x\r\n${'Aaaa: b\r\n'.repeat(5_000)}\r\n`, 431],
    ['a cookie of 100 kB', `GET /auth/me HTTP/1.1\r\nHost: x\r\nCookie: ${'a=b; '.repeat(20_000)}\r\n\r\n`, 431],
    ['a path of 100 kB', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])('%s is refused before it is kept', async (_, text, status) => {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*"code":"invalid_request"`));
    await isFine();
  });

  it('of cookies that fits into the headers is read once, and signs nobody in', async () => {
    const cookie = Array.from({ length: 1_500 }, (__, index) => `c${index}=v`).join('; ');
    const answer = await call(service.url, 'GET', '/auth/me', { headers: { cookie } });
    expect([answer.status, answer.json['code']]).toEqual([401, 'unauthenticated']);
    const twice = await call(service.url, 'GET', '/auth/me', { headers: { cookie: 'access_token=a; '.repeat(800) } });
    expect([twice.status, twice.json['code']]).toEqual([401, 'unauthenticated']);
  });

  it('of a body without an end is cut off after 64 KiB, whatever its length says', async () => {
    const head = 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const endless = await raw(`${head}Transfer-Encoding: chunked\r\n\r\n`, ...Array.from({ length: 32 }, () => chunk));
    expect(endless).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
    const said = await raw(`${head}Content-Length: 999999999999\r\n\r\n{`);
    expect(said).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
    await isFine();
  });

  it('that two readers would frame differently is refused (ASVS 4.2.1)', async () => {
    const head = 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    for (const framing of [
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ',
      'Transfer-Encoding: xchunked\r\n\r\n{}',
    ]) {
      expect([framing, await raw(head + framing)]).toEqual([framing, expect.stringMatching(/^HTTP\/1\.1 400 /)]);
    }
  });

  it('of compressed bombs is never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(40_000_000)); // 40 MB in 39 kB
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip', 'zstd']) {
      const answer = await call(service.url, 'POST', '/auth/login', {
        rawBody: bomb,
        headers: { 'content-encoding': encoding },
      });
      expect([encoding, answer.status, answer.json['code']]).toEqual([encoding, 415, 'unsupported_media_type']);
    }
  });

  it('of the largest bodies leaves no memory behind', async () => {
    const deep = `{"email":${'['.repeat(32_000)}${']'.repeat(32_000)}}`;
    const wide = `{${Array.from({ length: 6_000 }, (__, index) => `"k${index}":1`).join(',')}}`;
    const flood = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        const answers = await Promise.all(
          [deep, wide, deep, wide].map((rawBody) => call(service.url, 'POST', '/auth/login', { rawBody })),
        );
        for (const answer of answers) expect([400, 413]).toContain(answer.status);
      }
    };
    await flood(10); // fills what is allocated only once
    const before = await collectedHeap();
    await flood(40);
    const sent = 40 * 2 * (deep.length + wide.length);
    expect((await collectedHeap()) - before).toBeLessThan(sent / 4);
    await isFine();
  });
});

describe('a slow client', () => {
  it('is disconnected whatever part it sends slowly, and delays nobody else', async () => {
    const slow = [
      raw('GET /auth/me HTTP/1.1\r\nHost: x\r\nX-'),
      raw('POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{'),
      ...Array.from({ length: 100 }, () => raw('POST /auth/refresh HTTP/1.1\r\nHost: x\r\n')),
    ];
    await isFine();
    for (const answer of await Promise.all(slow))
      expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"code":"invalid_request"/);
    await isFine();
  }, 60_000);
});

describe('random input', () => {
  const paths = [
    ['POST', '/auth/login'],
    ['POST', '/auth/register'],
    ['POST', '/auth/refresh'],
    ['POST', '/auth/logout'],
    ['DELETE', '/auth/refresh'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', '/auth/sessions/x'],
  ] as const;
  const isRefusedOrDone = (status: number) => status >= 200 && status < 500;

  it('of JSON of every shape is never a 5xx', async () => {
    const phone = await mobile(service.url);
    const named = fc.record(
      { email: fc.anything(), password: fc.jsonValue(), refreshToken: fc.jsonValue(), remember: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.json(),
      named.map((value) => JSON.stringify(value) ?? ''),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), body, fc.boolean(), async ([method, path], rawBody, isSignedIn) => {
        const headers = isSignedIn ? { authorization: `Bearer ${phone.accessToken}` } : {};
        const answer = await call(service.url, method, path, { rawBody, headers });
        expect([rawBody, answer.status]).toSatisfy(() => isRefusedOrDone(answer.status));
      }),
      { numRuns: 300 },
    );
  });

  it('in the query, the path and the headers is never a 5xx', async () => {
    const text = fc.string({ unit: 'binary-ascii', maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, text, text, async (path, cookie, token) => {
        const printable = (value: string) => value.replaceAll(/[^\x20-\x7e]/g, '');
        const answer = await call(service.url, 'GET', `/auth/me/${encodeURI(path)}?${encodeURI(cookie)}`, {
          headers: { cookie: `access_token=${printable(cookie)}`, authorization: `Bearer ${printable(token)}` },
        });
        expect([path, cookie, token, answer.status]).toSatisfy(() => isRefusedOrDone(answer.status));
      }),
      { numRuns: 200 },
    );
  });
});

it('a flood of the same refusal is logged once a second with a count (before: 3,436 error lines in 40 s)', async () => {
  const target = await startServiceForTest({ PASSWORD_HASH_CONCURRENCY: '1', PASSWORD_QUEUE_LENGTH: '1' });
  const flood = () =>
    Promise.all(
      Array.from(
        { length: 60 },
        async () => (await call(target.url, 'POST', '/auth/login', { body: somebody() })).status,
      ),
    );
  const started = performance.now();
  const refused = [...(await flood()), ...(await flood())].filter((status) => status === 503).length;
  expect(refused).toBeGreaterThan(60);
  const lines = () => target.log.filter((line) => line['code'] === 'overloaded');
  const counted = () => lines().reduce((sum, { more = 1 }) => sum + Number(more), 0);
  await until('every refusal is counted', () => counted() === refused);
  expect(lines().length).toBeLessThan(3 + (performance.now() - started) / 1_000);
  expect(new Set(lines().map(({ level }) => level))).toEqual(new Set(['warn']));
});
