// Mistakes that clients of other systems made, one test for each (docs/clients/README.md has the reports).
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient, memoryStorage, type TokenStorage } from '../packages/client/src/main.js';
import { createClient as createServerClient } from '../packages/client/src/server.js';
import { Browser, register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { until } from './support/until.js';
import { closedLater, CookieBrowser, eventsOf } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

/** Another server of this machine. @returns its origin */
async function serverOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

async function signedIn(options: Parameters<CookieBrowser['tab']>[0] = {}) {
  const browser = new CookieBrowser(service.url);
  const tab = browser.tab(options);
  await tab.signIn(await register(service.url));
  const events = eventsOf(tab);
  const me = () => tab.fetch(`${service.url}/auth/me`);
  const expire = () => browser.jar.jar.delete('access_token');
  return { browser, tab, events, me, expire };
}

const phoneWith = (storage: TokenStorage, options = {}) =>
  closedLater(createClient({ issuer: service.url, transport: 'bearer', storage, ...options }));

describe('a listener', () => {
  it('may call the client within its event: nothing waits for itself', async () => {
    const { tab, me, expire } = await signedIn();
    const seen: number[] = [];
    const act = async () => {
      seen.push((await me()).status);
      await tab.refresh();
      seen.push((await me()).status);
    };
    const stop = tab.subscribe(({ type }) => {
      stop();
      if (type === 'refreshed') void act();
    });
    expire();
    expect((await me()).status).toBe(200);
    await until('the listener has its answers', async () => seen.length === 2);
    expect(seen).toEqual([200, 200]);
  });
});

describe('a refresh that is answered late', () => {
  it('brings nobody back who signed out, and does not end the session of whoever signed in next', async () => {
    const storage = memoryStorage();
    let release: () => void = () => undefined;
    let isHeld = false;
    const slow: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!isHeld && answer.url.endsWith('/auth/refresh')) {
        isHeld = true;
        await new Promise<void>((done) => (release = done));
      }
      return answer;
    };
    const phone = phoneWith(storage, { fetch: slow });
    await phone.signIn(await register(service.url));
    const events = eventsOf(phone);
    const refresh = phone.refresh().catch(() => undefined);
    await until('the answer is on its way', async () => isHeld);
    const next = await register(service.url);
    const over = phone.signOut().then(() => phone.signIn(next));
    await sleep(50);
    release();
    await Promise.all([refresh, over]);
    expect(phone.user?.email).toBe(next.email);
    expect((await storage.load())?.tokens?.user.email).toBe(next.email);
    expect(events.slice(-2)).toEqual(['ended', 'signed-in']);
    expect((await phone.fetch(`${service.url}/auth/me`)).status).toBe(200);
  });
});

describe('a lock', () => {
  it('that is never given back holds nobody up for longer than its limits', async () => {
    const frozen = { request: () => new Promise<never>(() => undefined) };
    const { browser } = await signedIn();
    const other = browser.tab({ lock: frozen });
    await other.restore();
    browser.jar.jar.delete('access_token');
    const since = performance.now();
    expect((await other.fetch(`${service.url}/auth/me`)).status).toBe(200);
    expect(performance.now() - since).toBeLessThan(15_000); // 2 s for its turn, 10 s for a sign-in that may be under way
  });
});

describe('an API that refuses each token', () => {
  it.each(['token_expired', 'token_stale', 'unauthenticated'])(
    'with %s gets one refresh and one repeat, and not even that at once again',
    async (code) => {
      let asked = 0;
      const api = await serverOf((_, response) => {
        asked++;
        response.writeHead(401, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify({ status: 401, code, session: 'keep' }));
      });
      const { browser, tab, events } = await signedIn({ apis: [api] });
      expect((await tab.fetch(`${api}/orders`)).status).toBe(401);
      expect([asked, browser.refreshes().length]).toEqual([2, 1]);
      for (let n = 0; n < 5; n++) await tab.fetch(`${api}/orders`);
      expect([asked, browser.refreshes().length]).toEqual([7, 1]);
      expect(events).toEqual(['refreshed']);
    },
  );
});

describe('a refresh that is not decided', () => {
  const passing: [string, () => Response][] = [
    ['429', () => Response.json({ status: 429, code: 'too_many_attempts', session: 'keep' }, { status: 429 })],
    ['503', () => new Response('upstream is away', { status: 503 })],
    ['408', () => new Response(null, { status: 408 })],
    [
      "a hotel's page",
      () => new Response('<h1>Welcome to our network</h1>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['an empty answer', () => new Response(null, { status: 200 })],
  ];

  it.each(passing)('by %s is repeated, and signs nobody out', async (_, answer) => {
    const { browser, tab, events, me, expire } = await signedIn();
    let faults = 0;
    browser.fault = async ({ path }, send) => (path === '/auth/refresh' && faults++ === 0 ? answer() : send());
    expire();
    expect((await me()).status).toBe(200);
    expect([faults, tab.user === null, events]).toEqual([2, false, ['refreshed']]);
  });

  it('waits for as long as Retry-After says', async () => {
    const { browser, me, expire } = await signedIn();
    const at: number[] = [];
    browser.fault = async ({ path }, send) => {
      if (path === '/auth/refresh') at.push(performance.now());
      return at.length === 1 && path === '/auth/refresh'
        ? new Response(null, { status: 503, headers: { 'retry-after': '2' } })
        : send();
    };
    expire();
    await me();
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(1_990);
  });

  it('while offline leaves the person where they are, and goes on when the network is back', async () => {
    const { browser, tab, events, me, expire } = await signedIn({ patienceMs: 100 });
    browser.fault = async () => {
      throw new TypeError('fetch failed');
    };
    expire();
    for (let n = 0; n < 3; n++) await expect(me()).rejects.toThrow(/try again|fetch failed/i);
    await expect(tab.restore()).rejects.toThrow(/try again|fetch failed/i);
    expect([tab.user === null, events]).toEqual([false, []]);
    browser.fault = (_, send) => send();
    await until('the network is used again', () =>
      me().then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    expect(events).toEqual(['refreshed']);
  });
});

describe('a clock', () => {
  it.each([-36, 36])('that is %d hours wrong causes no refresh', async (hours) => {
    const { browser, me } = await signedIn({ clock: { now: () => Date.now() + hours * 3_600_000 } });
    for (let n = 0; n < 5; n++) expect((await me()).status).toBe(200);
    expect(browser.refreshes()).toEqual([]);
  });

  it.each([-5, 5])('that is set by %d hours meanwhile costs one refresh at most, and no session', async (hours) => {
    let shift = 0;
    const { browser, events, me, expire } = await signedIn({ clock: { now: () => Date.now() + shift } });
    shift = hours * 3_600_000;
    for (let n = 0; n < 5; n++) expect((await me()).status).toBe(200);
    expect(browser.refreshes().length).toBe(hours > 0 ? 1 : 0);
    expire(); // a clock behind does not know that it is time: the answer says so
    expect((await me()).status).toBe(200);
    expect(events).not.toContain('ended');
  });

  it('counts after a sleep, and no timer: the first request waits for a refresh', async () => {
    let slept = 0;
    const { browser, me, expire } = await signedIn({ clock: { now: () => Date.now() + slept } });
    const before = browser.sent.length;
    slept = 3_600_000;
    expire();
    expect((await me()).status).toBe(200);
    const order = browser.sent.slice(before).map(({ url }) => new URL(url).pathname);
    expect(order).toEqual(['/auth/refresh', '/auth/me']);
  });
});

describe('a storage', () => {
  it('that cannot save for a moment loses no session: nothing is used before it is stored', async () => {
    const inner = memoryStorage();
    let broken = 0;
    const storage: TokenStorage = {
      ...inner,
      save(stored) {
        if (broken-- > 0) throw new Error('no space left');
        return inner.save(stored);
      },
    };
    const phone = phoneWith(storage);
    await phone.signIn(await register(service.url));
    const first = (await storage.load())?.tokens?.refreshToken;
    broken = 1;
    await phone.refresh(); // saves again after half a second
    const kept = (await storage.load())?.tokens?.refreshToken;
    expect(kept).not.toBe(first);
    const again = phoneWith(inner); // the next start of the app
    await again.refresh();
    expect((await again.fetch(`${service.url}/auth/me`)).status).toBe(200);
  });
});

describe('a redirect', () => {
  it.each([302, 307])('(%d) of a listed API to somebody else is not followed with the token', async (status) => {
    const received: (string | undefined)[] = [];
    const foreign = await serverOf(({ headers }, response) => {
      received.push(headers.authorization);
      response.end('thank you');
    });
    const api = await serverOf((_, response) => response.writeHead(status, { location: `${foreign}/` }).end());
    const phone = phoneWith(memoryStorage(), { apis: [api] });
    await phone.signIn(await register(service.url));
    await expect(phone.fetch(`${api}/orders`)).rejects.toThrow(/fetch failed|redirect/);
    expect(received).toEqual([]);
    expect((await phone.fetch(`${foreign}/`)).status).toBe(200); // not listed: sent as it is
    expect(received).toEqual([undefined]);
  });
});

describe('a server that renders pages', () => {
  it('hands each cookie of the issuer on, and sends the person it was asked by and nobody else', async () => {
    const people = await Promise.all([1, 2, 3].map(() => Browser.signedIn(service.url)));
    const lines = await Promise.all(
      people.map(async (person) => {
        const set: string[] = [];
        const cookies = { get: () => person.cookiesFor('/auth/refresh'), set: (line: string) => void set.push(line) };
        const auth = closedLater(createServerClient({ issuer: service.url, cookies }));
        await auth.refresh();
        const email = (await person.go('GET', '/auth/me')).json['email'] as string;
        expect((await auth.restore())?.email).toBe(email);
        return set;
      }),
    );
    for (const set of lines) expect(set.map((line) => line.split('=')[0])).toContain('refresh_token');
  });
});
