// C6: no credential of a client reaches an origin that was not listed, by whatever way it is led there.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient, memoryStorage } from '../packages/client/src/main.js';
import { register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { closedLater, CookieBrowser } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

/** Writes down what it is sent, and leads on to where it is told. */
async function stranger(leadsTo?: () => string) {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    const status = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('status') ?? 200);
    if (leadsTo && status !== 200) response.writeHead(status, { location: leadsTo() });
    response.end('hello');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise((done) => server.close(done).closeAllConnections());
  return { heard, port, url: `http://127.0.0.1:${port}`, stop };
}

let evil: Awaited<ReturnType<typeof stranger>>;
let api: Awaited<ReturnType<typeof stranger>>;
beforeAll(async () => {
  evil = await stranger();
  api = await stranger(() => `${evil.url}/collect`);
});
afterAll(() => Promise.all([evil.stop(), api.stop()]));
beforeEach(() => {
  evil.heard.length = 0;
  api.heard.length = 0;
});

async function phone(): Promise<Client> {
  const options = { issuer: service.url, apis: [api.url], transport: 'bearer', storage: memoryStorage() } as const;
  const app = closedLater(createClient(options));
  await app.signIn(await register(service.url));
  return app;
}

const secretsIn = (headers: IncomingHttpHeaders[]) =>
  headers.filter(({ authorization, cookie }) => authorization !== undefined || cookie !== undefined);

describe('credentials', () => {
  it('go to the issuer and to the listed API', async () => {
    const app = await phone();
    expect((await app.fetch('/auth/me')).status).toBe(200);
    expect((await app.fetch(`${api.url}/things`)).status).toBe(200);
    expect(api.heard.map(({ authorization }) => authorization)).toEqual([expect.stringMatching(/^Bearer ey/)]);
  });

  it('do not go to another origin, however its address is written', async () => {
    const app = await phone();
    const host = `127.0.0.1:${evil.port}`;
    const ways = [
      evil.url,
      `//${host}/x`,
      `http:\\\\${host}\\x`,
      `http:${host}`,
      new URL(evil.url),
      new Request(evil.url),
    ];
    // In Node a path of its own is nothing that `fetch` takes.
    for (const way of ways) await app.fetch(way).catch(() => undefined);
    expect(evil.heard.length).toBeGreaterThan(3);
    expect(secretsIn(evil.heard)).toEqual([]);
  });

  it('do not go to another port, scheme or name of a listed host', async () => {
    const sent: [string, string | null][] = [];
    const app = closedLater(
      createClient({
        issuer: 'https://auth.example.com',
        apis: ['https://api.example.com:8443'],
        transport: 'bearer',
        storage: { ...memoryStorage(), load: () => ({ tokens: tokensOfSomebody }) },
        fetch: async (input, init) => {
          const { url, headers } = new Request(input, init);
          sent.push([url, headers.get('authorization')]);
          return new Response('');
        },
      }),
    );
    const listed = ['https://auth.example.com/x', 'https://AUTH.example.com:443/x', 'https://api.example.com:8443/'];
    for (const address of listed) await app.fetch(address);
    expect(sent.map(([, authorization]) => authorization)).toEqual(Array(3).fill('Bearer secret'));
    sent.length = 0;
    const others = [
      ...[
        'http://auth.example.com/',
        'https://auth.example.com:8443/',
        'https://api.example.com/',
        'https://example.com/',
      ],
      ...['https://auth.example.com.evil.example/', 'https://evilauth.example.com/', 'https://x.auth.example.com/'],
      ...[
        'https://auth.example.com./',
        'https://evil.example/https://auth.example.com/',
        'https://evil.example#@auth.example.com',
      ],
    ];
    for (const address of others) await app.fetch(address);
    expect(sent.map(([, authorization]) => authorization)).toEqual(Array(others.length).fill(null));
  });

  it.each([301, 302, 303, 307, 308])('do not follow a %i of a listed API to another origin', async (status) => {
    const app = await phone();
    await expect(app.fetch(`${api.url}/?status=${status}`)).rejects.toThrow('fetch failed');
    await expect(app.fetch(new Request(`${api.url}/?status=${status}`, { redirect: 'follow' }))).rejects.toThrow(
      'fetch failed',
    );
    await expect(app.fetch(`${api.url}/?status=${status}`, { redirect: 'follow', method: 'POST' })).rejects.toThrow(
      'fetch failed',
    );
    expect(api.heard).toHaveLength(3);
    expect(evil.heard).toEqual([]);
  });

  it('of the refresh do not follow a redirect of the issuer', async () => {
    const token = 'wrt_secret';
    const tokens = { ...tokensOfSomebody, refreshToken: token };
    const storage = { ...memoryStorage(), load: () => ({ tokens }) };
    const led = await stranger(() => `${evil.url}/collect`);
    const fetchLed = (input: string | URL | Request, init?: RequestInit) =>
      fetch(typeof input === 'string' && input.endsWith('/auth/refresh') ? `${input}?status=307` : input, init);
    const app = createClient({ issuer: led.url, transport: 'bearer', storage, fetch: fetchLed, patienceMs: 100 });
    const refused = app.refresh();
    await expect.poll(() => led.heard.length).toBeGreaterThan(0);
    app.close();
    await refused;
    await led.stop();
    expect(evil.heard).toEqual([]);
  });

  it('are not added where the caller has set their own', async () => {
    const app = await phone();
    await app.fetch(`${api.url}/`, { headers: { authorization: 'Basic YTpi' } });
    expect(api.heard.map(({ authorization }) => authorization)).toEqual(['Basic YTpi']);
  });

  it('of a browser are asked for the issuer and the listed API only', async () => {
    const browser = new CookieBrowser(service.url);
    const asked: unknown[] = [];
    const tab = browser.tab({
      apis: [api.url],
      fetch: (input, init) => {
        asked.push(init?.credentials);
        return browser.fetch(input, init);
      },
    });
    await tab.fetch(`${service.url}/auth/me`);
    await tab.fetch(api.url);
    await tab.fetch(evil.url);
    expect(asked).toEqual(['include', 'include', undefined]);
  });
});

describe('an address that is no origin', () => {
  it.each(['https://auth.example.com/path', 'auth.example.com', 'https://*.example.com', 'https://a@auth.example.com'])(
    '%s is refused as the issuer and as an API',
    (text) => {
      expect(() => createClient({ issuer: text, transport: 'cookie' })).toThrow(TypeError);
      expect(() => createClient({ issuer: service.url, transport: 'cookie', apis: [text] })).toThrow(TypeError);
    },
  );
});

const tokensOfSomebody = {
  user: { id: 'u', email: 'a@example.com', role: 'user', emailVerified: true },
  session: { id: 's', generation: 1 },
  refreshAt: Infinity,
  accessToken: 'secret',
  refreshToken: 'wrt_x',
};
