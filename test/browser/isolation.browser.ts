// C8: what a page can see of a session, and what pages of other origins can do to it, in a real Chromium over TLS.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBrowser } from '../support/chromium.js';
import { type Person, register, somebody } from '../support/client.js';
import { type Sites, startSites } from './support/sites.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

/** A browser in which a person is signed in on the app; the attacker has an account of their own. */
async function signedIn() {
  const sites = await startSites();
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  onTestFinished(() => context.close());
  const [person, attacker] = [await register(sites.service.url), await register(sites.service.url)];
  const page = await open(context, sites.app);
  const headers = await page.evaluate(signIn, { issuer: sites.issuer, person });
  return { sites, context, page, person, attacker, headers };
}

async function open(context: BrowserContext, origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/blank`);
  return page;
}

/** Runs in a page. @returns the headers that it can read, and the body */
const signIn = async ({ issuer, person }: { issuer: string; person: Person }) => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(person);
  const answer = await fetch(`${issuer}/auth/login`, { method: 'POST', headers, body, credentials: 'include' });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${await answer.text()}`);
  return { headers: Object.fromEntries(answer.headers), body: await answer.text() };
};

/** Runs in a page. @returns the status, and who is signed in */
const whoami = async (issuer: string) => {
  const answer = await fetch(`${issuer}/auth/me`, { credentials: 'include' });
  return `${answer.status} ${((await answer.json()) as { email?: string }).email}`;
};

/** Runs in a page. */
const forget = async (issuer: string) => {
  await fetch(`${issuer}/auth/refresh`, { method: 'DELETE', credentials: 'include' });
};

interface Bare {
  readonly document: { cookie: string; body: { innerHTML: string } };
}

const attempt = (page: Page, method: string, url: string, body?: object) =>
  page.evaluate(
    (given) =>
      (globalThis as unknown as { attempt(...given: unknown[]): Promise<Record<string, unknown>> }).attempt(...given),
    [method, url, body] as const,
  );

const jarOf = async (context: BrowserContext) =>
  (await context.cookies()).map(({ name, value, domain }) => `${name}@${domain}=${value}`).toSorted();

/** Every row of a session, as the attacks may change it. */
const sessionsOf = ({ service }: Sites) =>
  service.query(`SELECT u.email, s.id, s.generation, s.replays, s.revoked FROM refresh_tokens s
    JOIN users u ON u.id = s.user_id ORDER BY s.id`);

const usersOf = ({ service }: Sites) => service.query('SELECT email, token_version FROM users ORDER BY email');

/** What an attacker would like to be done in the name of whoever visits their page. */
const aims = (attacker: Person) =>
  [
    ['POST', '/auth/refresh'],
    ['DELETE', '/auth/refresh'],
    ['POST', '/auth/logout'],
    ['POST', '/auth/logout-all'],
    ['DELETE', '/auth/sessions'],
    ['POST', '/auth/login', { ...attacker }],
    ['POST', '/auth/register', { ...somebody() }],
    ['POST', '/auth/password', { currentPassword: 'x', newPassword: somebody().password }],
  ] as [string, string, object?][];

describe('the cookies of a session (C8, ASVS 3.3.4)', () => {
  it('are invisible to pages of the issuer and of the app: in documents, headers, bodies and stores', async () => {
    const { sites, context, page, headers } = await signedIn();
    const own = await open(context, sites.issuer);
    const seen: unknown[] = [headers];
    for (const where of [own, page]) seen.push(await where.evaluate(everything, sites.issuer));
    const jar = await context.cookies();
    expect(jar.map(({ name, httpOnly }) => [name.replace(/^__\w+?-/, ''), httpOnly]).toSorted()).toEqual([
      ['access_token', true],
      ['auth_session', true],
      ['device', true],
      ['refresh_token', true],
    ]);
    for (const { value } of jar) expect(JSON.stringify(seen)).not.toContain(value);
    expect(seen.slice(1)).toMatchObject([
      { status: 200, document: '' },
      { status: 200, document: '' },
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/set-cookie|eyJ|wrt_/i);
  });

  it('are sent to the issuer alone: neither to a sibling nor to the app', async () => {
    const { sites, context } = await signedIn();
    for (const origin of [sites.app, sites.sibling, ...sites.foreign])
      expect([origin, await context.cookies(`${origin}/auth/refresh`)]).toEqual([origin, []]);
  });
});

/** Runs in a page. @returns all that a script can read of cookies, of a refresh, and of what is stored */
const everything = async (issuer: string) => {
  const page = globalThis as unknown as {
    document: { cookie: string };
    cookieStore: { getAll(): Promise<unknown[]> };
    localStorage: object;
    sessionStorage: object;
    indexedDB: { databases(): Promise<unknown[]> };
    caches: { keys(): Promise<string[]> };
  };
  const answer = await fetch(`${issuer}/auth/refresh`, { method: 'POST', credentials: 'include' });
  return {
    status: answer.status,
    document: page.document.cookie,
    store: await page.cookieStore.getAll(),
    headers: [...answer.headers, answer.headers.getSetCookie()],
    body: await answer.text(),
    kept: [{ ...page.localStorage }, { ...page.sessionStorage }, await page.indexedDB.databases()],
    cached: await page.caches.keys(),
    timings: performance.getEntries().map((entry) => JSON.stringify(entry)),
  };
};

describe('a page that is not listed (C8, ASVS 3.5.1)', () => {
  it.each(['sibling', 'foreign site', 'foreign address'])(
    'of a %s can neither refresh, sign out, sign in nor read anything, by whatever means a browser has',
    async (which) => {
      const { sites, context, page, person, attacker } = await signedIn();
      const origin = { sibling: sites.sibling, 'foreign site': sites.foreign[0] }[which] ?? sites.foreign[1]!;
      const before = [await jarOf(context), await sessionsOf(sites), await usersOf(sites)];
      const evil = await open(context, origin);
      sites.arrivals.length = 0;
      for (const [method, path, body] of aims(attacker)) {
        const outcomes = await attempt(evil, method, sites.issuer + path, body);
        const read = Object.entries(outcomes).filter(([, outcome]) => typeof outcome === 'number');
        expect([method, path, read]).toEqual([method, path, []]);
      }
      const reads = await attempt(evil, 'GET', `${sites.issuer}/auth/me`);
      expect(Object.values(reads).filter((outcome) => typeof outcome === 'number')).toEqual([]);
      await follow(evil, `${sites.issuer}/auth/refresh`);
      await follow(await open(context, origin), `${sites.issuer}/auth/logout`);
      await follow(await open(context, origin), `${sites.issuer}/auth/logout`, 'form');
      await follow(await open(context, origin), `${sites.issuer}/auth/refresh`, 'form');
      expect([await jarOf(context), await sessionsOf(sites), await usersOf(sites)]).toEqual(before);
      expect(await page.evaluate(whoami, sites.issuer)).toBe(`200 ${person.email}`);
      // The attempts were real: they arrived, from the sibling with the cookies, and were refused.
      const posts = sites.arrivals.filter(({ method, from }) => method === 'POST' && from === origin);
      expect(posts.length).toBeGreaterThan(30);
      expect(posts.filter(({ status }) => status < 400)).toEqual([]);
      const withCookies = posts.filter(({ cookies }) => cookies.some((name) => name.includes('auth_session')));
      expect(withCookies.length).toBe(which === 'sibling' ? posts.length : 0);
      expect(withCookies.filter(({ status }) => status !== 403)).toEqual([]);
    },
  );

  it('of a sibling plants no cookie that counts: neither signs the visitor in as the attacker nor locks them out', async () => {
    const { sites, context, page, person, attacker } = await signedIn();
    const elsewhere = await browser.newContext({ ignoreHTTPSErrors: true });
    onTestFinished(() => elsewhere.close());
    await (await open(elsewhere, sites.app)).evaluate(signIn, { issuer: sites.issuer, person: attacker });
    const evil = await open(context, sites.sibling);
    for (const { name, value, path } of await elsewhere.cookies())
      await evil.evaluate(
        (line) => void ((globalThis as unknown as Bare).document.cookie = line),
        `${name}=${value}; Domain=site.localhost; Path=${path}; Secure`,
      );
    const planted = (await context.cookies()).filter(({ domain }) => domain === '.site.localhost');
    expect(planted.map(({ name }) => name).toSorted()).toEqual(['__Secure-device', '__Secure-refresh_token']);
    expect(await page.evaluate(whoami, sites.issuer)).toBe(`200 ${person.email}`);
    const outcome = await attempt(page, 'POST', `${sites.issuer}/auth/refresh`);
    expect(outcome['fetch without a body']).toBe(200);
    expect(await page.evaluate(whoami, sites.issuer)).toBe(`200 ${person.email}`);
    const left = (await context.cookies()).filter(({ domain }) => domain === '.site.localhost');
    expect(left.map(({ name }) => name)).toEqual(['__Secure-device']); // the twin was expired with the answer
    await page.evaluate(forget, sites.issuer);
    expect(await page.evaluate(whoami, sites.issuer)).toBe('401 undefined');
  });

  it('is told apart from one that is listed: by the same means the app does refresh, sign in and sign out', async () => {
    const { sites, context, page, attacker } = await signedIn();
    const answers = async (method: string, path: string, body?: object) =>
      (await attempt(page, method, sites.issuer + path, body))['fetch'];
    expect(await answers('POST', '/auth/refresh')).toBe(200);
    expect(await answers('POST', '/auth/login', attacker)).toBe(200);
    expect(await page.evaluate(whoami, sites.issuer)).toBe(`200 ${attacker.email}`);
    expect(await answers('DELETE', '/auth/refresh')).toBe(204);
    expect((await context.cookies()).map(({ name }) => name)).toEqual(['__Secure-device']);
  });
});

/** Clicks a link that leads there, or sends a form there, as a person does who is tricked into it. */
async function follow(page: Page, url: string, by: 'link' | 'form' = 'link'): Promise<void> {
  const arrived = page.waitForResponse(url);
  const html = { link: `<a href="${url}">Go</a>`, form: `<form method="post" action="${url}"><button>Go` }[by];
  await page.evaluate((inner) => void ((globalThis as unknown as Bare).document.body.innerHTML = inner), html);
  await page.getByText('Go').click();
  expect((await arrived).status()).toBeGreaterThanOrEqual(400);
}
