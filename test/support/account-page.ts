// Opens account pages in a real Chromium, and writes down all that they send and all that the browser complains about.
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { expect } from 'vitest';
import adminDe from '../../web/texts/admin/de.json' with { type: 'json' };
import adminEn from '../../web/texts/admin/en.json' with { type: 'json' };
import de from '../../web/texts/de.json' with { type: 'json' };
import en from '../../web/texts/en.json' with { type: 'json' };
import { barriersOn, pageOf } from './browser.js';

const [allEnglish, allGerman] = [
  { ...en, ...adminEn },
  { ...de, ...adminDe },
];

type Key = keyof typeof allEnglish;
type Params = Readonly<Record<string, string | number>>;

const filled = (text: string, params: Params) =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));

/** What a page says. */
export const english = (key: Key, params: Params = {}): string => filled(allEnglish[key], params);
export const german = (key: Key, params: Params = {}): string => filled(allGerman[key], params);

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Watched {
  readonly page: Page;
  readonly sent: Sent[];
  /** Violations of the policy, exceptions, and what else stands in the console but refused requests. */
  readonly troubles: string[];
  readonly posts: () => Sent[];
}

/** A page in a profile of its own. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const page = await pageOf(browser, { locale: 'en-GB', ...options });
  const sent: Sent[] = [];
  const troubles: string[] = [];
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource:');
    if (/error|warning/.test(message.type()) && !isRefusal) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => sent.push(noted(request)));
  return { page, sent, troubles, posts: () => sent.filter(({ method }) => method === 'POST') };
}

const noted = (request: Request): Sent => ({
  method: request.method(),
  url: request.url(),
  headers: request.headers(),
  body: (request.postDataJSON() as unknown) ?? undefined,
});

/**
 * C9: nothing keeps people out, nothing breaks the policy, and nothing is asked of another host.
 * @param provider the host of a provider that the person has been at
 */
export async function expectNoFindings({ page, sent, troubles }: Watched, provider?: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }); // no colours in between
    expect.soft(await barriersOn(page), `${page.url()} ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  expect.soft(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), page.url()).toBe(true);
  expect.soft(troubles).toEqual([]);
  const { host } = new URL(page.url());
  expect
    .soft(sent.map(({ url }) => new URL(url).host).filter((each) => each !== host && each !== provider))
    .toEqual([]);
}

export const pressed = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** Presses Tab until the element of this name has the focus, as a person without a mouse does. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 25; presses++) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === name) return;
  }
  throw new Error(`Tab does not lead to "${name}" on ${page.url()}`);
}

/** @returns the label of the field, or the text of the button, link or notice, that has the focus */
export const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const element = document.activeElement;
    const text = (element?.labels?.[0] ?? element)?.innerText ?? '';
    return text.replaceAll(/\\s+/g, ' ').trim();
  })()`);
