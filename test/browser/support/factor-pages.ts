// What the tests of the pages for second factors do again and again.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Secret } from 'otpauth';
import { afterAll, beforeAll } from 'vitest';
import { english, pressed, type Watched, watchedPage } from '../../support/account-page.js';
import { startBrowser } from '../../support/chromium.js';
import { type Person, register } from '../../support/client.js';
import { codeOf, stepNow } from '../../support/factors.js';
import { noteRecoveryCode, noteSeed } from '../../support/leaks.js';
import { freePort } from '../../support/process.js';
import { type Service, startService } from '../../support/service.js';

export interface NamedSite {
  readonly browser: Browser;
  service: Service;
  /** The origin of the pages. */
  issuer: string;
  readonly pair: readonly [Service, string];
}

/** For the tests of a file: a service at a name, and a browser. */
export function namedSite(settings: Record<string, string> = {}): NamedSite {
  const site = {} as { -readonly [Key in keyof NamedSite]: NamedSite[Key] };
  beforeAll(async () => {
    const [service, issuer] = await startNamedService(settings);
    Object.assign(site, { service, issuer, pair: [service, issuer], browser: await startBrowser() });
  }, 120_000);
  afterAll(async () => {
    await site.browser?.close();
    await site.service?.stop();
  });
  return site;
}

/** At a name and not at an address: an address has no passkeys. */
export async function startNamedService(settings: Record<string, string> = {}): Promise<[Service, string]> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  return [await startService({ PORT: String(port), PUBLIC_URL: issuer, ...settings }), issuer];
}

export async function openAt(browser: Browser, address: string, options?: BrowserContextOptions): Promise<Watched> {
  const watched = await watchedPage(browser, options);
  await watched.page.goto(address);
  await watched.page.getByRole('heading', { level: 1 }).waitFor();
  return watched;
}

export const heading = (page: Page, name: string, level = 1) =>
  page.getByRole('heading', { level, name, exact: true }).waitFor();

export const reads = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor();

export const isSignedIn = (page: Page) => page.getByRole('button', { name: english('sign-out') }).waitFor();

export async function typePassword(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel(english('email')).fill(email);
  await page.getByLabel(english('password'), { exact: true }).fill(password);
  await pressed(page, english('sign-in.submit'));
}

/** The page of the factors of a person who has just signed in. */
export async function openFactors(browser: Browser, [service, issuer]: readonly [Service, string], given?: Person) {
  const person = given ?? (await register(service.url));
  const watched = await openAt(browser, `${issuer}/account/sign-in?return_to=/account/factors`);
  await typePassword(watched.page, person);
  await heading(watched.page, english('factors.title'));
  return { ...watched, person };
}

/** @returns what the app shows now, or so many steps later, by the secret that is read off the page */
export async function appOf(page: Page, service: Service): Promise<(later?: number) => Promise<string>> {
  const secret = (await page.locator('.secret code').innerText()).replaceAll(' ', '');
  noteSeed(secret);
  const seed = Buffer.from(Secret.fromBase32(secret).bytes);
  return async (later = 0) => codeOf(seed, (await stepNow(service)) + later);
}

/** @returns the recovery codes that the page shows */
export async function codesOn(page: Page): Promise<string[]> {
  await heading(page, english('codes.title'), 2);
  const codes = await page.locator('.secrets code').allInnerTexts();
  for (const code of codes) noteRecoveryCode(code);
  return codes;
}

export const methodsOf = async (page: Page): Promise<string[]> => {
  const read = async () => ((await (await fetch('/auth/me')).json()) as { methods: string[] }).methods;
  return (await page.evaluate(read)).toSorted();
};
