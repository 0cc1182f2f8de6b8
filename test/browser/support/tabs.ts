// An app in several tabs of one Chromium profile. It lies on another origin than the service, which is behind a faulty
// network.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type Person, register } from '../../support/client.js';
import { type HttpProxy, startHttpProxy } from '../../support/http-proxy.js';
import { cloneDatabase, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

export const REFRESH = /^POST \/auth\/refresh/;

/** Globals of the page (pages/tab.js), as far as the tests use them. */
export interface InPage {
  readonly auth: {
    readonly user: { email: string } | null;
    readonly session: { generation: number } | null;
    refresh(): Promise<void>;
    restore(): Promise<{ email: string } | null>;
    signIn(person: Person): Promise<{ email: string }>;
    signOut(): Promise<void>;
    signOutEverywhere(): Promise<void>;
    readonly expiresAt: Date | null;
    fetch(input: string, init?: RequestInit): Promise<Response>;
  };
  readonly events: string[];
  /** From the back-forward cache. */
  readonly isBack: boolean;
  readonly calls: (number | string)[];
  /** Requests of the client without an answer so far. */
  underWay(): number;
  call(path?: string, init?: RequestInit): Promise<number | string>;
  outcomeOf<T>(act: () => Promise<T>): Promise<T | string>;
}

/** @returns what the act in the tab came to, as text if it failed */
const inTab = <T, Given = undefined>(page: Page, act: (tab: InPage, given: Given) => Promise<T>, given?: Given) =>
  page.evaluate(
    ([source, value]) => {
      const { tab } = globalThis as unknown as { tab: InPage };
      // oxlint-disable-next-line no-implied-eval -- the tests' own text
      const run = new Function(`return ${source}`)() as (tab: InPage, given: Given) => Promise<T>;
      return tab.outcomeOf(() => run(tab, value as Given));
    },
    [String(act), given] as const,
  );

export class Tab {
  constructor(readonly page: Page) {}

  signIn = (person: Person) =>
    inTab(this.page, async ({ auth }, who: Person) => (await auth.signIn(who)).email, person);
  signOut = () => inTab(this.page, ({ auth }) => auth.signOut());
  refresh = () => inTab(this.page, ({ auth }) => auth.refresh());
  restore = () => inTab(this.page, async ({ auth }) => (await auth.restore())?.email ?? 'nobody');
  call = (path = '/auth/me') => inTab(this.page, (tab, where: string) => tab.call(where), path);
  calls = () => inTab(this.page, async ({ calls }) => calls) as Promise<(number | string)[]>;
  events = () => inTab(this.page, async ({ events }) => events) as Promise<string[]>;
  underWay = () => inTab(this.page, async (tab) => tab.underWay());
  user = () => inTab(this.page, async ({ auth }) => auth.user?.email ?? 'nobody');
  generation = () => inTab(this.page, async ({ auth }) => auth.session?.generation ?? -1);
  run = <T>(act: (tab: InPage) => Promise<T>) => inTab(this.page, act);

  /** Follows a link to another site; the browser keeps the page for the way back. */
  async leave(): Promise<void> {
    const elsewhere = new URL(this.page.url());
    elsewhere.hostname = 'elsewhere.localhost';
    await this.page.goto(elsewhere.href.replace(/#.*/, 'elsewhere'));
  }

  /** Chromium loads the page anew if a message of another tab arrived meanwhile. @throws if it did so without one */
  async comeBack({ isKept: isExpected }: { isKept: boolean }): Promise<void> {
    await this.page.goBack({ waitUntil: 'commit' }); // a kept page is not loaded again
    if (!isExpected) return void (await this.page.waitForFunction(() => 'tab' in globalThis));
    const isKept = () => (globalThis as unknown as { tab?: InPage }).tab?.isBack === true;
    await this.page.waitForFunction(isKept, undefined, { timeout: 10_000 });
  }
}

export interface Stage {
  readonly issuer: string;
  readonly app: string;
  readonly proxy: HttpProxy;
  readonly context: BrowserContext;
  readonly person: Person;
  service: Service;
  /** Another instance takes the place of the present one; requests in between get a 502. */
  restart(): Promise<void>;
  tab(context?: BrowserContext): Promise<Tab>;
  /** On all devices, from another browser. */
  signOutElsewhere(): Promise<void>;
  /** @returns another person with an account */
  another(): Promise<Person>;
  /** Whether every request has its answer, or has lost it. */
  isQuiet(): boolean;
  /** Every family of the person, alive or not. */
  families(): Promise<{ generation: number; revoked: boolean }[]>;
}

/** With the person signed in nowhere. The access token lives for 5 s, so that tabs have to refresh often. */
export async function startStage(browser: Browser, settings: Record<string, string> = {}): Promise<Stage> {
  const app = await startApp();
  const proxy = await startHttpProxy(0);
  const issuer = `http://auth.site.localhost:${proxy.port}`;
  const databaseUrl = await cloneDatabase();
  const all = { PUBLIC_URL: issuer, ALLOWED_ORIGINS: app, ACCESS_TOKEN_TTL_SECONDS: '5', ...settings };
  const start = async () => {
    const service = await startService(all, { databaseUrl });
    proxy.target = Number(new URL(service.url).port);
    return service;
  };
  const service = await start();
  const context = await browser.newContext();
  const underWay = new Set<object>();
  proxy.watch((moment, exchange) => {
    if (moment === 'arrived') underWay.add(exchange);
    const isLost = exchange.verdict.do.startsWith('lose');
    if (moment === 'delivered' || isLost) underWay.delete(exchange);
  });
  onTestFinished(async () => {
    await context.close();
    await proxy.stop();
    await stage.service.stop();
  });
  const person = await register(service.url);
  const stage: Stage = {
    issuer,
    app,
    proxy,
    context,
    person,
    service,
    async restart() {
      await stage.service.stop();
      stage.service = await start();
    },
    async tab(profile = context) {
      const page = await profile.newPage();
      await page.goto(`${app}/#${encodeURIComponent(JSON.stringify({ issuer }))}`);
      await page.waitForFunction(() => 'tab' in globalThis);
      return new Tab(page);
    },
    async signOutElsewhere() {
      const elsewhere = await browser.newContext();
      const tab = await stage.tab(elsewhere);
      await tab.signIn(stage.person);
      const outcome = await tab.run(async ({ auth }) => auth.signOutEverywhere());
      await elsewhere.close();
      if (outcome !== 'done') throw new Error(`sign-out: ${String(outcome)}`);
    },
    another: () => register(stage.service.url),
    isQuiet: () => underWay.size === 0,
    families: () =>
      stage.service.query(
        `SELECT s.generation, s.revoked FROM refresh_tokens s JOIN users u ON u.id = s.user_id WHERE u.email = $1`,
        [person.email],
      ),
  };
  return stage;
}

/** @returns the origin of the app's pages */
async function startApp(): Promise<string> {
  const script = await bundled();
  const server = createServer((incoming, response) => {
    if (incoming.url === '/tab.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>App</title><script type="module" src="/tab.js"></script>');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://app.site.localhost:${(server.address() as AddressInfo).port}`;
}

let bundle: Promise<string> | undefined;

/** The client from its sources, as a bundler of an app takes it. */
function bundled(): Promise<string> {
  bundle ??= build({
    entryPoints: [new URL('../pages/tab.js', import.meta.url).pathname],
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser' },
  }).then(({ outputFiles }) => outputFiles?.[0]?.text ?? '');
  return bundle;
}

/** Several tabs of one profile, signed in by the first of them. */
export async function signedInTabs(stage: Stage, count: number): Promise<Tab[]> {
  const tabs: Tab[] = [];
  for (let n = 0; n < count; n++) tabs.push(await stage.tab());
  const [first] = tabs as [Tab];
  const outcome = await first.signIn(stage.person);
  if (outcome !== stage.person.email) throw new Error(`sign-in: ${outcome}`);
  for (const tab of tabs) await until('the tab knows', async () => (await tab.generation()) === 0);
  return tabs;
}

/** @returns the value of a cookie in the browser's own jar */
export const cookieOf = async ({ context }: Stage, name: string): Promise<string | undefined> =>
  (await context.cookies()).find((cookie) => cookie.name === name)?.value;

export const refreshes = ({ proxy }: Stage) =>
  proxy.exchanges.filter(({ method, path }) => REFRESH.test(`${method} ${path}`));

/** As the browser does with a tab that nobody has looked at for long: no code of it runs. */
export async function setFrozen({ page }: Tab, isFrozen: boolean): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: isFrozen ? 'frozen' : 'active' });
  await devtools.detach();
}

/** @returns the largest number of refreshes that were under way at once in the tab */
export function inFlight({ page }: Tab): () => number {
  const underWay = new Set<object>();
  let most = 0;
  page.on('request', (request) => {
    if (REFRESH.test(`${request.method()} ${new URL(request.url()).pathname}`)) underWay.add(request);
    most = Math.max(most, underWay.size);
  });
  page.on('requestfinished', (request) => underWay.delete(request));
  page.on('requestfailed', (request) => underWay.delete(request));
  return () => most;
}

/** Waits until the access token of each tab is over. */
export async function expired(tabs: readonly Tab[]): Promise<void> {
  const isOver = (tab: Tab) => tab.run(async ({ auth }) => Number(auth.expiresAt) < Date.now());
  for (const tab of tabs) await until('the token is over', async () => (await isOver(tab)) === true);
}
