// The page of the connections, with answers that are written here. With a real provider: upstream.browser.ts.
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, pressed, tabTo } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { register } from '../support/client.js';
import type { Service } from '../support/service.js';
import { withProviders } from '../support/upstream-way.js';
import { heading, openAt, reads, startNamedService, typePassword } from './support/factor-pages.js';

const of = (id: string, label: string) => ({
  ...{ id, label, issuer: `https://${id}.example.com/`, clientId: 'watchword', clientSecretEnv: 'UPSTREAM_SECRET' },
});
const authentik = { provider: 'Authentik' };
const identity = {
  id: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d',
  provider: 'authentik',
  label: 'Authentik',
  email: 'ada.at.a.rather.long.address.indeed@mail.example.com',
  linkedAt: '2026-11-20T09:30:00Z',
  lastUsedAt: null,
};

let browser: Browser;
let service: Service;
let issuer = '';
beforeAll(async () => {
  const providers = [of('authentik', 'Authentik'), of('works', 'Example Works')];
  [service, issuer] = await withProviders(providers, (known) =>
    startNamedService({ ...known, ALLOWED_ORIGINS: 'https://app.example.com' }),
  );
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

interface World {
  identities: object[];
  hasPassword: boolean;
  /** What a change is refused with, once each. */
  refusals: { status: number; code: string; methods?: string[] }[];
  readonly asked: { method: string; path: string; body: unknown }[];
}

/** A person who has signed in, on the page; the service's answers about providers come from the world. */
async function openConnections(given: Partial<World> = {}, search = '', options: BrowserContextOptions = {}) {
  const world: World = { identities: [identity], hasPassword: true, refusals: [], asked: [], ...given };
  const person = await register(service.url);
  const watched = await openAt(browser, `${issuer}/account/sign-in`, options);
  const { page } = watched;
  await page.route(/\/auth\/(?:identities|upstream\/)/, (route) => answered(route, world));
  const text = options.locale === 'de-DE' ? german : english;
  await page.getByLabel(text('email')).fill(person.email);
  await page.getByLabel(text('password'), { exact: true }).fill(person.password);
  await pressed(page, text('sign-in.submit'));
  await page.getByRole('button', { name: text('sign-out') }).waitFor();
  await page.goto(`${issuer}/account/connections${search}`);
  await heading(page, text('connections.title'));
  await page.locator('.loading').waitFor({ state: 'detached' });
  return { ...watched, person, world };
}

async function answered(route: Route, world: World): Promise<void> {
  const request = route.request();
  const path = new URL(request.url()).pathname;
  if (request.method() === 'GET' && path === '/auth/identities') {
    const { identities, hasPassword } = world;
    return route.fulfill({ json: { identities, hasPassword } });
  }
  world.asked.push({ method: request.method(), path, body: request.postDataJSON() as unknown });
  const refusal = world.refusals.shift();
  if (refusal) return route.fulfill({ status: refusal.status, contentType: 'application/problem+json', json: refusal });
  if (request.method() === 'DELETE') {
    world.identities = [];
    return route.fulfill({ status: 204 });
  }
  if (path.endsWith('/link')) return route.fulfill({ json: { location: `${issuer}/account/forgot` } });
  return route.fulfill({ status: 204 });
}

const stale = { status: 403, code: 'reauthentication_required', session: 'keep' };
const entries = (page: Page) => page.getByRole('list', { name: english('connections.list') }).getByRole('listitem');

describe('the connections', () => {
  it('are in the navigation, and say whose they are and since when', async () => {
    const watched = await openConnections();
    const { page } = watched;
    expect(await entries(page).innerText()).toMatch(
      new RegExp(`Authentik\\s+${identity.email}\\s+Connected 20 Nov 2026, .* · ${english('connections.unused')}`),
    );
    expect(await page.getByRole('navigation').locator('[aria-current]').innerText()).toBe(english('nav.connections'));
    await expectNoFindings(watched);
  });

  it('are begun by keyboard: the way leads to where the service says, and is to come back here', async () => {
    const { page, world } = await openConnections({ identities: [] }, '?return_to=https://app.example.com/notes');
    await reads(page, english('connections.none'));
    await tabTo(page, english('connections.connect', authentik));
    await page.keyboard.press('Enter');
    await heading(page, english('forgot.title'));
    const back = `${issuer}/account/connections?return_to=https%3A%2F%2Fapp.example.com%2Fnotes`;
    expect(world.asked).toEqual([{ method: 'POST', path: '/auth/upstream/authentik/link', body: { returnTo: back } }]);
  });

  it('that have just been made are told once, and the way goes on', async () => {
    const watched = await openConnections({}, '?connected=authentik&return_to=/account/devices');
    const { page } = watched;
    const done = english('connections.done', authentik);
    await reads(page, done);
    await expect.poll(() => focused(page)).toBe(done);
    expect(page.url()).toBe(`${issuer}/account/connections?return_to=%2Faccount%2Fdevices`);
    await expectNoFindings(watched);
    await page.reload();
    await entries(page).waitFor();
    expect(await page.getByText(done).count()).toBe(0);
    await pressed(page, english('known.continue'));
    await heading(page, english('devices.title'));
  });

  it.each([
    ['identity_taken', english('connections.error.identity_taken', authentik)],
    ['upstream_declined', english('connections.error.upstream_declined', authentik)],
    ['upstream_request_invalid', english('connections.error.upstream_request_invalid', authentik)],
    ['whatever', english('connections.error.other', authentik)],
  ])('that could not be made say why (%s), once', async (code, sentence) => {
    const watched = await openConnections({ identities: [] }, `?upstream=authentik&error=${code}`);
    const { page } = watched;
    await reads(page, sentence);
    expect(page.url()).toBe(`${issuer}/account/connections`);
    await expectNoFindings(watched);
    await page.reload();
    await reads(page, english('connections.none'));
    expect(await page.getByText(sentence).count()).toBe(0);
  });

  it('are ended after a question, by keyboard alone', async () => {
    const watched = await openConnections();
    const { page, world } = watched;
    await tabTo(page, english('connections.remove'));
    await page.keyboard.press('Enter');
    const why = english('connections.removeWhy', authentik);
    await reads(page, why);
    await expect.poll(() => focused(page)).toBe(why);
    await expectNoFindings(watched);
    expect(world.asked).toEqual([]);
    await tabTo(page, english('connections.removeNow'));
    await page.keyboard.press('Enter');
    await reads(page, english('connections.removed', authentik));
    await reads(page, english('connections.none'));
    expect(world.asked).toEqual([{ method: 'DELETE', path: `/auth/identities/${identity.id}`, body: null }]);
    await expectNoFindings(watched);
  });

  it('whose last way in it would be stay, and say what to do first', async () => {
    const watched = await openConnections({ refusals: [{ status: 409, code: 'last_factor' }] });
    const { page } = watched;
    await pressed(page, english('connections.removeOf', authentik));
    await pressed(page, english('connections.removeNow'));
    await reads(page, english('connections.last'));
    await expectNoFindings(watched);
    await pressed(page, english('cancel'));
    expect(await entries(page).count()).toBe(1);
  });

  it.each(['en-GB', 'de-DE'])('can be used at 320 px (%s)', async (locale) => {
    const options = { locale, viewport: { width: 320, height: 640 } };
    const text = locale === 'de-DE' ? german : english;
    const watched = await openConnections({}, '', options);
    await expectNoFindings(watched);
    await pressed(watched.page, text('connections.removeOf', authentik));
    await expectNoFindings(watched);
  });
});

describe('a fresh proof', () => {
  it('is asked for in place, and the act is made then', async () => {
    const watched = await openConnections({ refusals: [stale] });
    const { page, person, world } = watched;
    await pressed(page, english('connections.removeOf', authentik));
    await pressed(page, english('connections.removeNow'));
    await heading(page, english('proof.title'), 2);
    await page.getByRole('link', { name: english('proof.provider', authentik) }).waitFor();
    await expectNoFindings(watched);
    await page.getByLabel(english('password'), { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await reads(page, english('connections.removed', authentik));
    expect(world.asked.map(({ method }) => method)).toEqual(['DELETE', 'DELETE']);
  });

  it('of a person without a password is a new sign-in at the provider, which comes back here', async () => {
    const watched = await openConnections({ refusals: [stale], hasPassword: false });
    const { page } = watched;
    await pressed(page, english('connections.removeOf', authentik));
    await pressed(page, english('connections.removeNow'));
    await reads(page, english('proof.noPassword'));
    expect(await page.getByLabel(english('password'), { exact: true }).count()).toBe(0);
    const link = page.getByRole('link', { name: english('proof.provider', authentik) });
    expect(await link.getAttribute('href')).toBe(
      `${issuer}/auth/upstream/authentik?return_to=%2Faccount%2Fconnections&fresh=true`,
    );
    await expectNoFindings(watched);
  });
});

it('a page that somebody else opens leads to the sign-in, and back with the wish to connect', async () => {
  const person = await register(service.url);
  const { page } = await openAt(browser, `${issuer}/account/connections?connect=authentik`);
  await heading(page, english('sign-in.title'));
  await page.route('**/auth/identities', (route) => route.fulfill({ json: { identities: [], hasPassword: true } }));
  await typePassword(page, person);
  await reads(page, english('connections.wanted', authentik));
});
