// Whose account it is, in a real Chromium with a real provider: sign-up, connecting, disconnecting.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, pressed, tabTo } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { type Person, register, somebody } from '../support/client.js';
import type { UpstreamPerson } from '../support/upstream-provider.js';
import { heading, isSignedIn, openAt, reads, typePassword } from './support/factor-pages.js';
import { logIn, startWorld, type World } from './support/upstream-pages.js';

const authentik = { provider: 'Authentik' };
const connect = english('connections.connect', authentik);

let browser: Browser;
let world: World;
beforeAll(async () => {
  world = await startWorld(
    { allowSignUp: true, trustEmailVerified: true },
    { settings: { STEP_UP_MAX_AGE_SECONDS: '300' } },
  );
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

let people = 0;
/** Whoever logs in there from now on does so in the service's present, whose time the tests move. */
const knowAtProvider = (name: string, person: UpstreamPerson) =>
  world.upstream.people.set(name, {
    ...person,
    authTime: Math.floor(Date.now() / 1_000) + world.service.clock.shiftSeconds,
  });

/** Somebody whom the provider knows with this address. */
function atProvider(email: string, isVerified = false): string {
  const name = `person-${++people}`;
  knowAtProvider(name, { email, email_verified: isVerified });
  return name;
}

const open = (path: string, options?: BrowserContextOptions) =>
  openAt(browser, `${world.issuer}/account/${path}`, options);
const signInThere = (page: Page) =>
  page.getByRole('link', { name: english('upstream.sign-in', authentik), exact: true }).click();
const entries = (page: Page) => page.getByRole('list', { name: english('connections.list') }).getByRole('listitem');
const disconnect = async (page: Page) => {
  await pressed(page, english('connections.removeOf', authentik));
  await pressed(page, english('connections.removeNow'));
};

/** A person with a password, on the page of the connections. */
async function openConnections(given?: Person) {
  const person = given ?? (await register(world.service.url));
  const watched = await open('sign-in?return_to=/account/connections');
  await typePassword(watched.page, person);
  await heading(watched.page, english('connections.title'));
  await watched.page.locator('.loading').waitFor({ state: 'detached' });
  return { ...watched, person };
}

/** A person who got their account at the provider, and has no password. */
async function openSignedUp(isVerified = false) {
  const { email } = somebody();
  const name = atProvider(email, isVerified);
  const watched = await open('register?return_to=/account/connections');
  await signInThere(watched.page);
  await logIn(watched.page, name);
  await entries(watched.page).waitFor();
  return { ...watched, email, name };
}

describe('somebody whom nobody knows here', () => {
  it('gets an account by signing in at the provider, with an address that still has to be confirmed', async () => {
    const { email } = somebody();
    const name = atProvider(email);
    const watched = await open('register');
    await signInThere(watched.page);
    await logIn(watched.page, name);
    await heading(watched.page, english('profile.title'));
    await reads(watched.page, english('profile.unverified'));
    await reads(watched.page, english('profile.unverifiedWhy'));
    expect(await watched.page.locator('.facts dd').first().innerText()).toContain(email);
    await expectNoFindings(watched, world.host);
  });

  it('cannot disconnect the only way in, and is told what to do first', async () => {
    const watched = await openSignedUp();
    await disconnect(watched.page);
    await reads(watched.page, english('connections.last'));
    expect(await entries(watched.page).count()).toBe(1);
    await expectNoFindings(watched, world.host);
  });

  it('confirms their address before they set a first password', async () => {
    const watched = await openSignedUp();
    const { page } = watched;
    const link = (name: string) => page.getByRole('link', { name, exact: true });
    await link(english('nav.profile')).click();
    await page.getByText(english('profile.noPassword')).waitFor();
    await link(english('password.first')).click();
    await reads(page, english('password.unverified'));
    await expectNoFindings(watched, world.host);
  });

  it('sets their first password by a mailed link, where the provider vouches for the address', async () => {
    const watched = await openSignedUp(true);
    const { page, email, posts } = watched;
    await page.goto(`${world.issuer}/account/password`);
    await reads(page, english('password.none'));
    await expectNoFindings(watched, world.host);
    await pressed(page, english('forgot.submit'));
    await heading(page, english('check-mail.title'));
    expect(posts().find(({ url }) => url.endsWith('/auth/password/forgot'))?.body).toEqual({ email });
  });

  it('shows afresh who they are by signing in there once more, without a password', async () => {
    const watched = await openSignedUp();
    const { page, name, email } = watched;
    await world.service.advance(310);
    await disconnect(page);
    await reads(page, english('proof.noPassword'));
    expect(await page.locator('input[type=password]').count()).toBe(0);
    await expectNoFindings(watched, world.host);
    knowAtProvider(name, { email });
    await page.getByRole('link', { name: english('proof.provider', authentik), exact: true }).click();
    await logIn(page, name); // though the provider knows them
    await heading(page, english('connections.title'));
    await disconnect(page);
    await reads(page, english('connections.last')); // the proof counts: the question is another one now
  });
});

describe('somebody whose address has an account here', () => {
  it('is not signed in by the provider; signs in as ever, connects it, and goes on to where they wanted', async () => {
    const person = await register(world.service.url);
    const name = atProvider(person.email);
    const watched = await open('sign-in?return_to=/account/devices');
    const { page } = watched;
    await signInThere(page);
    await logIn(page, name);
    const sentence = english('upstream.error.link_required', authentik);
    await reads(page, sentence);
    await expect.poll(() => focused(page)).toBe(sentence);
    await expectNoFindings(watched, world.host);

    await tabTo(page, english('email'));
    await page.keyboard.insertText(person.email);
    await tabTo(page, english('password'));
    await page.keyboard.insertText(person.password);
    await page.keyboard.press('Enter');
    await reads(page, english('connections.wanted', authentik));
    await expectNoFindings(watched, world.host);
    await tabTo(page, connect);
    await page.keyboard.press('Enter'); // the provider knows them still, and asks nothing
    await reads(page, english('connections.done', authentik));
    expect(await entries(page).innerText()).toContain(person.email);
    expect(new URL(page.url()).search).toMatch(/^\?return_to=[^&]*%2Faccount%2Fdevices$/);
    await expectNoFindings(watched, world.host);
    await pressed(page, english('known.continue'));
    await heading(page, english('devices.title'));

    await pressed(page, english('sign-out'));
    await heading(page, english('sign-in.title'));
    await signInThere(page);
    await isSignedIn(page);
    expect(await page.locator('.address').first().innerText()).toBe(person.email);
  });
});

describe('the connections of somebody with a password', () => {
  it('are begun and ended on their page, and written down', async () => {
    const watched = await openConnections();
    const { page, person } = watched;
    const name = atProvider('somebody.else@example.org'); // the address there is another one: that is no matter
    await reads(page, english('connections.none'));
    await pressed(page, connect);
    await logIn(page, name);
    await reads(page, english('connections.done', authentik));
    expect(await entries(page).innerText()).toContain('somebody.else@example.org');
    await disconnect(page);
    await reads(page, english('connections.removed', authentik));
    await reads(page, english('connections.none'));
    await expectNoFindings(watched, world.host);

    await page.getByRole('link', { name: english('nav.activity'), exact: true }).click();
    await page.getByText(english('activity.event.identity_linked', authentik), { exact: true }).first().waitFor();
    await page.getByText(english('activity.event.identity_removed', authentik), { exact: true }).first().waitFor();
    expect(await page.locator('.address').first().innerText()).toBe(person.email);
  });

  it('are not made where the person cancels at the provider', async () => {
    const watched = await openConnections();
    const { page } = watched;
    await pressed(page, connect);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await reads(page, english('connections.error.upstream_declined', authentik));
    await reads(page, english('connections.none'));
    await expectNoFindings(watched, world.host);
  });

  it('are not made for an identity that opens another account', async () => {
    const { name } = await openSignedUp();
    const watched = await openConnections();
    const { page } = watched;
    await pressed(page, connect);
    await logIn(page, name);
    await reads(page, english('connections.error.identity_taken', authentik));
    await reads(page, english('connections.none'));
    await expectNoFindings(watched, world.host);
  });

  it('are not made when the person has signed out meanwhile, in another tab', async () => {
    const { page, person } = await openConnections();
    const other = await page.context().newPage();
    await pressed(page, connect);
    await page.getByLabel('Name').waitFor();
    await other.goto(`${world.issuer}/account`);
    await pressed(other, english('sign-out'));
    await heading(other, english('sign-in.title'));
    await logIn(page, atProvider('late@example.org'));
    await heading(page, english('sign-in.title'));
    const again = await openConnections(person);
    await reads(again.page, english('connections.none'));
  });
});
