// Sign-in at a provider from end to end: a real Chromium, the real service and a real OpenID provider at another site.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, tabTo } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { register } from '../support/client.js';
import { enrolled } from '../support/factors.js';
import { linkedUser, linkUser } from '../support/upstream-way.js';
import { codesOn, appOf, heading, isSignedIn, methodsOf, openAt, reads } from './support/factor-pages.js';
import { logIn, startWorld, type World } from './support/upstream-pages.js';

const authentik = { provider: 'Authentik' };
const signIn = english('upstream.sign-in', authentik);

let browser: Browser;
let world: World;
beforeAll(async () => {
  world = await startWorld({}, { others: [{ id: 'away', label: 'Away', issuer: 'http://127.0.0.1:9/' }] });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

let people = 0;
/** Somebody whose account is connected with the provider, where they have this name. */
async function ada() {
  const name = `ada-${++people}`;
  const person = await linkedUser(world.service, world.upstream.issuer, name);
  world.upstream.people.set(name, { email: person.email });
  return { ...person, name };
}

const open = (path: string, options?: BrowserContextOptions) =>
  openAt(browser, `${world.issuer}/account/${path}`, options);
const link = (page: Page, name = signIn) => page.getByRole('link', { name, exact: true });
const atProvider = (page: Page) => page.getByLabel('Name').waitFor();
const stateCookies = async (page: Page) =>
  (await page.context().cookies()).filter(({ name }) => name.includes('upstream'));

describe('a sign-in at a provider', () => {
  it('is done by keyboard alone, leads back to where the person wanted to go, and leaves nothing behind', async () => {
    const { name, userId } = await ada();
    const watched = await open('sign-in?return_to=/account/devices');
    const { page, sent } = watched;
    await tabTo(page, signIn);
    await page.keyboard.press('Enter');
    await atProvider(page);
    expect(new URL(page.url()).host).toBe(world.host);
    expect(await stateCookies(page)).toMatchObject([{ httpOnly: true, sameSite: 'Lax', path: '/' }]);
    await tabTo(page, 'Name');
    await page.keyboard.insertText(name);
    await page.keyboard.press('Enter');
    await heading(page, english('devices.title'));
    expect(page.url()).toBe(`${world.issuer}/account/devices`);
    expect(await stateCookies(page)).toEqual([]);
    expect(await methodsOf(page)).toEqual([]);
    const me = await page.evaluate(async () => ((await (await fetch('/auth/me')).json()) as { id: string }).id);
    expect(me).toBe(userId);
    await expectNoFindings(watched, world.host);
    expect(sent.filter(({ headers }) => headers['referer']?.includes('code='))).toEqual([]);
  });

  it.each([true, false])('stays signed in only if the box was ticked (%s)', async (isTicked) => {
    const { name } = await ada();
    const { page } = await open('sign-in');
    if (isTicked) await page.getByLabel(english('sign-in.remember')).check();
    await link(page).click();
    await logIn(page, name);
    await isSignedIn(page);
    const session = async () => {
      const { sessions } = (await (await fetch('/auth/sessions')).json()) as { sessions: { persistent: boolean }[] };
      return sessions.map(({ persistent }) => persistent);
    };
    expect(await page.evaluate(session)).toEqual([isTicked]);
  });

  it('that is cancelled there says so, and can be begun again', async () => {
    const { name } = await ada();
    const watched = await open('sign-in?return_to=/account/devices');
    const { page } = watched;
    await link(page).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    const sentence = english('upstream.error.upstream_declined', authentik);
    await reads(page, sentence);
    await expect.poll(() => focused(page)).toBe(sentence);
    await expectNoFindings(watched, world.host);
    await link(page).click();
    await logIn(page, name);
    await heading(page, english('devices.title'));
  });

  it('that takes more than ten minutes is refused, and the next one works', async () => {
    const { name } = await ada();
    const watched = await open('sign-in?return_to=/account/devices');
    const { page } = watched;
    await link(page).click();
    await atProvider(page);
    await world.service.advance(601);
    await logIn(page, name);
    await reads(page, english('upstream.error.upstream_request_invalid'));
    await expectNoFindings(watched, world.host);
    await link(page).click();
    await isSignedIn(page);
  });

  it('at a provider that does not answer says so, and the other ways work', async () => {
    const watched = await open('sign-in?return_to=/account/devices');
    const { page } = watched;
    const person = await register(world.service.url);
    await link(page, english('upstream.sign-in', { provider: 'Away' })).click();
    await reads(page, english('upstream.error.upstream_unavailable', { provider: 'Away' }));
    await expectNoFindings(watched, world.host);
    await page.getByLabel(english('email')).fill(person.email);
    await page.getByLabel(english('password'), { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await heading(page, english('devices.title'));
  });

  it('works in two tabs at once: neither disturbs the other', async () => {
    const { name } = await ada();
    const { page } = await open('sign-in?return_to=/account/devices');
    const other = await page.context().newPage();
    await other.goto(`${world.issuer}/account/sign-in?return_to=/account/activity`);
    await link(page).click();
    await atProvider(page);
    await link(other).click();
    await atProvider(other);
    expect(await stateCookies(page)).toHaveLength(2);
    await logIn(page, name);
    await heading(page, english('devices.title'));
    await logIn(other, name);
    await heading(other, english('activity.title'));
    await other
      .getByText(english('activity.event.login_succeeded_upstream', authentik), { exact: true })
      .first()
      .waitFor();
    expect(await stateCookies(page)).toEqual([]);
    await page.reload();
    await heading(page, english('devices.title'));
  });

  it('is not undone by the way back: whoever is signed in stays so, and an old answer is spent', async () => {
    const { name, email } = await ada();
    const { page } = await open('sign-in');
    const callbacks: string[] = [];
    page.on('request', (request) => request.url().includes('/callback?') && callbacks.push(request.url()));
    await link(page).click();
    await logIn(page, name);
    await isSignedIn(page);
    for (let steps = 0; steps < 3 && !page.url().includes('/account/sign-in'); steps++) await page.goBack();
    await reads(page, email);
    await heading(page, english('known.title'));

    await page.goto(callbacks[0] ?? '');
    await reads(page, english('upstream.error.upstream_request_invalid'));
    await reads(page, email);
    await page.getByRole('button', { name: english('known.continue'), exact: true }).click();
    await isSignedIn(page);
  });

  it('of somebody with a second factor asks for it, and keeps the target', async () => {
    const app = await enrolled(world.service);
    const name = `grace-${++people}`;
    world.upstream.people.set(name, { email: app.person.email });
    await linkUser(world.service, app.person.email, {
      issuer: world.upstream.issuer,
      subject: world.upstream.subjectOf(name),
    });
    const watched = await open('sign-in?return_to=/account/devices');
    const { page } = watched;
    await link(page).click();
    await logIn(page, name);
    await heading(page, english('factor.title'));
    await page.getByRole('button', { name: english('factor.use.recovery_code'), exact: true }).waitFor();
    await expectNoFindings(watched, world.host);
    await page.getByLabel(english('factor.code')).fill(await app.code());
    await heading(page, english('devices.title'));
    expect(await methodsOf(page)).toContain('otp');
  });

  it('of somebody who must have a second factor sets one up first, and keeps the target', async () => {
    const { name, email } = await ada();
    await world.service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [email]);
    const { page } = await open('sign-in?return_to=/account/devices');
    await link(page).click();
    await logIn(page, name);
    await heading(page, english('enrol.title'));
    await page.getByRole('button', { name: english('enrolment.totp'), exact: true }).click();
    await heading(page, english('setup.title'), 2);
    const app = await appOf(page, world.service);
    await page.getByLabel(english('factor.code')).fill(await app());
    await codesOn(page);
    await page.getByLabel(english('codes.kept')).check();
    await page.getByRole('button', { name: english('codes.continue'), exact: true }).click();
    await heading(page, english('devices.title'));
  });

  it('reads German for a reader of German, at 320 px', async () => {
    const { name } = await ada();
    const watched = await open('sign-in', { locale: 'de-DE', viewport: { width: 320, height: 640 } });
    const { page } = watched;
    await link(page, german('upstream.sign-in', authentik)).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await reads(page, german('upstream.error.upstream_declined', authentik));
    await expectNoFindings(watched, world.host);
    await link(page, german('upstream.sign-in', authentik)).click();
    await logIn(page, name);
    await heading(page, german('profile.title'));
    await expectNoFindings(watched, world.host);
  });
});
