// The key of a bound session in a real Chromium: in IndexedDB, for all tabs and workers, and for nobody to read.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { EmbeddedJWK, jwtVerify } from 'jose';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBrowser } from '../support/chromium.js';

let browser: Browser;
let app: string;
let stop: () => void;
beforeAll(async () => {
  browser = await startBrowser();
  ({ app, stop } = await startApp());
});
afterAll(async () => {
  await browser?.close();
  stop?.();
});

/** Globals of the page (pages/bound.js). */
interface InPage {
  readonly auth: { signIn(who: object): Promise<unknown>; refresh(): Promise<void>; readonly user: object | null };
  readonly events: string[];
  readonly proofs: (string | null)[];
  made(issuer?: string): Promise<string>;
  madeAtOnce(): Promise<string[]>;
  madeByWorker(): Promise<string>;
  stolen(): Promise<object>;
  forget(): Promise<void>;
  keepNoKeys(): void;
}
declare const inPage: InPage;

async function startApp() {
  const entryPoints = [new URL('pages/bound.js', import.meta.url).pathname];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: 'esm', platform: 'browser' });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer(({ url }, response) => {
    const isScript = url === '/bound.js';
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    if (url === '/sandboxed') response.setHeader('content-security-policy', 'sandbox allow-scripts');
    response.end(
      isScript ? script : '<!doctype html><title>App</title><script type="module" src="/bound.js"></script>',
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { app: `http://app.localhost:${port}`, stop: close };
}

async function profile(): Promise<BrowserContext> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context;
}

async function tabOf(context: BrowserContext, path = '/'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(app + path);
  await page.waitForFunction(() => 'inPage' in globalThis);
  return page;
}

const madeBy = (page: Page, issuer?: string) => page.evaluate((of) => inPage.made(of), issuer);

const madeAtOnceBy = (page: Page) => page.evaluate(() => inPage.madeAtOnce());
const madeByWorker = (page: Page) => page.evaluate(() => inPage.madeByWorker());

const signIn = (page: Page) =>
  page.evaluate(async () => {
    const outcome = await inPage.auth.signIn({ email: 'a@example.com', password: 'x' }).catch((error: Error) => error);
    return outcome instanceof Error ? [outcome.name, (outcome.cause as Error).name] : 'done';
  });

describe('the key', () => {
  it('is one for all tabs and workers, also made at the same moment, and after the page is loaded anew', async () => {
    const context = await profile();
    const tabs = await Promise.all(Array.from({ length: 4 }, () => tabOf(context)));
    const makers = tabs.flatMap((tab) => [madeAtOnceBy(tab), madeByWorker(tab)]);
    const keys = new Set((await Promise.all(makers)).flat());
    expect([...keys]).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    const [first] = tabs as [Page];
    await first.reload();
    await first.waitForFunction(() => 'inPage' in globalThis);
    expect(keys).toContain(await madeBy(first));
  });

  it('is another for another issuer and in another profile', async () => {
    const [one, other] = [await tabOf(await profile()), await tabOf(await profile())];
    const keys = [await madeBy(one), await madeBy(one, 'https://other.example'), await madeBy(other)];
    expect(new Set(keys).size).toBe(3);
  });

  it('cannot be read by any script, as it is kept and in no format', async () => {
    const page = await tabOf(await profile());
    await madeBy(page);
    expect(await page.evaluate(() => inPage.stolen())).toEqual({
      ...{ count: 1, extractable: false, usages: ['sign'], type: 'private' },
      refusals: ['InvalidAccessError', 'InvalidAccessError'],
      text: '[{"privateKey":{},"publicKey":{}}]',
    });
  });

  it('proves each sign-in and refresh, for any library to verify', async () => {
    const page = await tabOf(await profile());
    await signIn(page);
    await page.evaluate(() => inPage.auth.refresh());
    const proofs = await page.evaluate(() => inPage.proofs);
    expect(proofs).toHaveLength(2);
    for (const [at, path] of ['/auth/login', '/auth/refresh'].entries()) {
      const rules = { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 60, clockTolerance: 2 };
      const { payload, protectedHeader } = await jwtVerify(proofs[at] ?? '', EmbeddedJWK, rules);
      expect(payload).toMatchObject({ htm: 'POST', htu: `https://auth.example.com${path}` });
      expect(protectedHeader.jwk?.x).toBe(await madeBy(page));
    }
  });

  it('that goes with the data of the site ends the session at the next refresh; a sign-in makes another', async () => {
    const page = await tabOf(await profile());
    await signIn(page);
    const before = await madeBy(page);
    await page.evaluate(() => inPage.forget());
    await page.evaluate(() => inPage.auth.refresh());
    expect(await page.evaluate(() => inPage.events)).toEqual(['signed-in', 'ended key_lost']);
    expect(await page.evaluate(() => inPage.auth.user)).toBeNull();
    expect(await signIn(page)).toBe('done');
    expect(await madeBy(page)).not.toBe(before);
  });

  it('that a page may not keep is told by the sign-in, which sends nothing', async () => {
    const page = await tabOf(await profile(), '/sandboxed');
    expect(await signIn(page)).toEqual(['Unbound', 'SecurityError']);
    expect(await page.evaluate(() => inPage.proofs)).toEqual([]);
  });

  it('that the browser refuses to keep is told with its reason, and the page throws nothing besides', async () => {
    const page = await tabOf(await profile());
    const thrown: Error[] = [];
    page.on('pageerror', (error) => thrown.push(error));
    await page.evaluate(() => inPage.keepNoKeys());
    expect(await signIn(page)).toEqual(['Unbound', 'DataCloneError']);
    expect(thrown).toEqual([]);
  });
});
