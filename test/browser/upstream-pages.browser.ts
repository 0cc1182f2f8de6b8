// What the account pages say about providers, in a real Chromium. The answers about them are written here: the whole way,
// with a real provider, is in upstream.browser.ts.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, pressed, tabTo } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { register } from '../support/client.js';
import type { Service } from '../support/service.js';
import { withProviders } from '../support/upstream-way.js';
import { heading, openAt, reads, startNamedService, typePassword } from './support/factor-pages.js';

const of = (id: string, label: string, more: object = {}) => ({
  ...{ id, label, issuer: `https://${id}.example.com/`, clientId: 'watchword', clientSecretEnv: 'UPSTREAM_SECRET' },
  ...more,
});
const authentik = { provider: 'Authentik' };

let browser: Browser;
let service: Service;
let issuer = '';
beforeAll(async () => {
  const providers = [of('authentik', 'Authentik', { allowSignUp: true }), of('works', 'Example Works')];
  [service, issuer] = await withProviders(providers, (known) =>
    startNamedService({ ...known, ALLOWED_ORIGINS: 'https://app.example.com' }),
  );
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

const open = (path: string, options?: BrowserContextOptions) => openAt(browser, `${issuer}/account/${path}`, options);
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const hrefOf = (page: Page, name: string) => link(page, name).getAttribute('href');

/** How far the page has jumped since it was opened: the sum of all layout shifts. */
const SHIFTS = `new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (sum += value)))
    .observe({ type: 'layout-shift', buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})`;

describe('the page to sign in', () => {
  it('has a link to each provider, which keeps the target and whether to stay signed in', async () => {
    const watched = await open('sign-in?return_to=https://app.example.com/notes');
    const { page, sent } = watched;
    await link(page, english('upstream.sign-in', { provider: 'Example Works' })).waitFor();
    const name = english('upstream.sign-in', authentik);
    const target = 'return_to=https%3A%2F%2Fapp.example.com%2Fnotes';
    expect(await hrefOf(page, name)).toBe(`${issuer}/auth/upstream/authentik?${target}`);
    await expectNoFindings(watched);
    expect(sent.filter(({ url }) => url.includes('/auth/upstream'))).toEqual([]);
    expect(await page.evaluate(SHIFTS)).toBe(0);

    const asked: string[] = [];
    await page.route('**/auth/upstream/**', (route) => {
      asked.push(route.request().url());
      return route.fulfill({ status: 204 }); // the page stays
    });
    await page.getByLabel(english('sign-in.remember')).check();
    await tabTo(page, name);
    await page.keyboard.press('Enter');
    await expect.poll(() => asked).toEqual([`${issuer}/auth/upstream/authentik?${target}&remember=true`]);
    await page.getByLabel(english('sign-in.remember')).uncheck();
    await link(page, name).click();
    await expect.poll(() => asked[1]).toBe(`${issuer}/auth/upstream/authentik?${target}`);
  });

  it.each([
    ['link_required', english('upstream.error.link_required', authentik)],
    ['upstream_request_invalid', english('upstream.error.upstream_request_invalid')],
    ['upstream_unavailable', english('upstream.error.upstream_unavailable', authentik)],
    ['upstream_declined', english('upstream.error.upstream_declined', authentik)],
    ['upstream_invalid', english('upstream.error.upstream_invalid', authentik)],
    ['invalid_credentials', english('upstream.error.invalid_credentials', authentik)],
    ['too_many_attempts', english('errors.too_many_attempts')],
    ['Call 555-1234 to unlock', english('upstream.error.other', authentik)],
    ['constructor', english('upstream.error.other', authentik)],
  ])('says what to do after %s, once, and leaves nothing of it in the address', async (code, sentence) => {
    const watched = await open(`sign-in?upstream=authentik&error=${encodeURIComponent(code)}`);
    const { page } = watched;
    await reads(page, sentence);
    await expect.poll(() => focused(page)).toBe(sentence);
    expect(new URL(page.url()).search).not.toMatch(/upstream=|error=/);
    await expectNoFindings(watched);
    await page.reload();
    await heading(page, english('sign-in.title'));
    await link(page, english('upstream.sign-in', authentik)).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('names no provider by a text of the address', async () => {
    const { page } = await open('sign-in?upstream=Evil%20Bank&error=upstream_unavailable');
    await reads(page, english('upstream.error.upstream_unavailable', { provider: english('upstream.provider') }));
  });

  it('leads somebody who has an account through it to the connections, and on to where they wanted to go', async () => {
    const person = await register(service.url);
    const { page } = await open('sign-in?upstream=authentik&error=link_required&return_to=/account/devices');
    await reads(page, english('upstream.error.link_required', authentik));
    await page.route('**/auth/identities', (route) => route.fulfill({ json: { identities: [], hasPassword: true } }));
    await typePassword(page, person);
    await heading(page, english('connections.title'));
    await reads(page, english('connections.wanted', authentik));
    await page.getByRole('button', { name: english('connections.connect', authentik), exact: true }).waitFor();
    await pressed(page, english('connections.later'));
    await heading(page, english('devices.title'));
  });

  it('asked for once more does not lead in circles', async () => {
    const { page } = await open('sign-in?upstream=authentik&error=link_required&return_to=/account/devices');
    const again = new URL((await hrefOf(page, english('upstream.sign-in', authentik))) ?? '', issuer);
    const target = String(again.searchParams.get('return_to'));
    expect(target).toBe('/account/connections?connect=authentik&return_to=%2Faccount%2Fdevices');
    await page.goto(
      `${issuer}/account/sign-in?upstream=authentik&error=link_required&return_to=${encodeURIComponent(target)}`,
    );
    await reads(page, english('upstream.error.link_required', authentik));
    expect(new URL(page.url()).searchParams.get('return_to')).toBe(target);
  });

  it.each(['en-GB', 'de-DE'])('can be used at 320 px (%s)', async (locale) => {
    const options = { locale, viewport: { width: 320, height: 640 } };
    const watched = await open('sign-in?upstream=authentik&error=link_required', options);
    const text = locale === 'de-DE' ? german : english;
    await reads(watched.page, text('upstream.error.link_required', authentik));
    await link(watched.page, text('upstream.sign-in', authentik)).waitFor();
    await expectNoFindings(watched);
  });
});

it('the page to register offers the providers that sign people up, and no others', async () => {
  const watched = await open('register');
  await link(watched.page, english('upstream.sign-in', authentik)).waitFor();
  expect(await link(watched.page, english('upstream.sign-in', { provider: 'Example Works' })).count()).toBe(0);
  await expectNoFindings(watched);
});

describe('a step that follows a sign-in at a provider', () => {
  it('offers the factors that the address names, takes them out of it, and survives a reload', async () => {
    const watched = await open('factor?methods=totp+recovery_code&return_to=/account/devices');
    const { page } = watched;
    await page.getByLabel(english('factor.code')).waitFor();
    await page.getByRole('button', { name: english('factor.use.recovery_code'), exact: true }).waitFor();
    expect(page.url()).toBe(`${issuer}/account/factor?return_to=%2Faccount%2Fdevices`);
    await expectNoFindings(watched);
    await page.reload();
    await page.getByLabel(english('factor.code')).waitFor();
    expect(await link(page, english('back-to-sign-in')).getAttribute('href')).toBe(
      '/account/sign-in?return_to=%2Faccount%2Fdevices',
    );
  });

  it('that nobody began takes no code, and leads back', async () => {
    const { page } = await open('factor?methods=totp');
    await page.getByLabel(english('factor.code')).fill('123456');
    await reads(page, english('factor.over'));
  });

  it('sets up the first factor, with the target kept', async () => {
    const { page } = await open('enrol?due=upstream&return_to=/account/devices');
    await reads(page, english('enrol.intro'));
    expect(page.url()).toBe(`${issuer}/account/enrol?return_to=%2Faccount%2Fdevices`);
    await page.getByRole('button', { name: english('enrolment.totp'), exact: true }).waitFor();
  });
});
