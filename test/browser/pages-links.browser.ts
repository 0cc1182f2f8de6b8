// From a real mail to what its link does, in a real Chromium on the real service.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, german, pressed, watchedPage } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { bearer, call, type Person, register, somebody } from '../support/client.js';
import { linkIn, type MailServer, send, startMailServer } from '../support/mail-server.js';
import { type Service, startService } from '../support/service.js';
import { startStill } from '../support/still-time.js';

type Purpose = 'verify' | 'email' | 'reset' | 'invite' | 'magic' | 'device' | 'freeze';

let browser: Browser;
let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService({ ...mail.settings, REGISTRATION: 'verified', PASSWORD_MIN_LENGTH: '12' });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await mail?.close();
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  call(service.url, 'POST', path, { body, headers });
const login = (person: object) => post('/auth/login', { ...person, transport: 'bearer' });

/** The mail names the origin of PUBLIC_URL, which does not lead here. */
const here = (link: string, { url } = service) => link.replace(/^http:\/\/auth\.test\/\w+/, `${url}/account`);

/** Opens a link in a browser of its own. */
async function follow(link: string, { locale = 'en-GB', at = service } = {}): Promise<Page> {
  const { page } = await watchedPage(browser, { locale });
  await page.goto(here(link, at));
  return page;
}

async function click(page: Page, purpose: Purpose): Promise<void> {
  await pressed(page, english(`mailed.${purpose}.submit`));
  await page.getByText(english(`mailed.${purpose}.done`)).waitFor();
}

async function signUp(): Promise<{ person: Person; link: string }> {
  const person = somebody();
  expect((await post('/auth/register', person)).status).toBe(202);
  return { person, link: linkIn(await mail.mailTo(person.email, 'verify')) };
}

/** A person whose address is confirmed. */
async function made(): Promise<Person> {
  const { person, link } = await signUp();
  expect((await post('/auth/email/verify', { token: link.split('#token=')[1] })).status).toBe(204);
  return person;
}

describe('a link', () => {
  it('confirms the address of a new account, once', async () => {
    const { person, link } = await signUp();
    expect((await login(person)).status).toBe(403);
    await click(await follow(link), 'verify');
    expect((await login(person)).status).toBe(200);
    const again = await follow(link);
    await pressed(again, english('mailed.verify.submit'));
    await again.getByText(english('mailed.invalid')).waitFor();
    await again.getByRole('link', { name: english('to-new-link') }).click();
    await again.getByRole('heading', { name: english('check-mail.ask-title') }).waitFor();
  });

  it('sets a new password; a refused one spends nothing', async () => {
    const person = await made();
    await post('/auth/password/forgot', { email: person.email }, { 'accept-language': 'de' });
    const page = await follow(linkIn(await mail.mailTo(person.email, 'reset')), { locale: 'de-DE' });
    const field = page.getByLabel(german('new-password'));
    await field.fill('password1234');
    await pressed(page, german('mailed.reset.submit'));
    await page.locator('[aria-invalid=true]').waitFor();
    await field.fill('quite another passphrase');
    await pressed(page, german('mailed.reset.submit'));
    await page.getByText(german('mailed.reset.done')).waitFor();
    expect((await login(person)).status).toBe(401);
    expect((await login({ ...person, password: 'quite another passphrase' })).status).toBe(200);
  });

  it.each([
    ['email', [401, 200]],
    ['freeze', [401, 401]],
  ] as const)(
    'of a change of address (%s): the new address confirms it, or the old one locks the account',
    async (purpose, expected) => {
      const person = await made();
      const { accessToken } = (await login(person)).json;
      const newEmail = somebody().email;
      await post('/auth/email', { newEmail, currentPassword: person.password }, bearer(accessToken));
      const locks = purpose === 'freeze';
      const received = await (locks ? mail.mailTo(person.email, 'email_changing') : mail.mailTo(newEmail, 'email'));
      await click(await follow(linkIn(received)), purpose);
      const statuses = [await login(person), await login({ ...person, email: newEmail })].map(({ status }) => status);
      expect(statuses).toEqual(expected);
    },
  );

  it('of an invitation asks for the first password, which then signs in', async () => {
    const person = await made();
    await service.query('UPDATE users SET password_hash = NULL, pending_until = NULL WHERE email = $1', [person.email]);
    await send(service, { kind: 'invite', address: person.email });
    const page = await follow(linkIn(await mail.mailTo(person.email, 'invite')));
    await page.getByLabel(english('new-password')).fill(person.password);
    await click(page, 'invite');
    expect((await login(person)).status).toBe(200);
  });

  it('for a device opens a closed account to the browser in which it is clicked, and to no other', async () => {
    const still = await startStill({
      ...mail.settings,
      GUESSES_MAX: '10',
      GUESS_DELAY_ACCOUNT_SECONDS: '4',
      TRUST_PROXY: '1',
    });
    const person = await register(still.url);
    const guess = (password: string, ip: string) =>
      call(still.url, 'POST', '/auth/login', { body: { ...person, password }, headers: { 'x-forwarded-for': ip } });
    for (let n = 0; n < 10; n++) {
      await guess('wrong', `198.51.${n}.1`);
      await still.advance(5);
    }
    expect((await guess(person.password, '203.0.113.5')).status).toBe(429);
    const page = await follow(linkIn(await mail.mailTo(person.email, 'device')), { at: still });
    await click(page, 'device');
    await page.getByRole('link', { name: english('to-sign-in') }).click();
    await page.getByLabel(english('email')).fill(person.email);
    await page.getByLabel(english('password'), { exact: true }).fill(person.password);
    await pressed(page, english('sign-in.submit'));
    await page.getByRole('button', { name: english('sign-out') }).waitFor();
    expect((await guess(person.password, '203.0.113.5')).status).toBe(429);
  });

  it('is not spent by a scanner that opens it and runs its script, nor by GET, HEAD or OPTIONS', async () => {
    const { person, link } = await signUp();
    const scanner = await watchedPage(browser);
    await scanner.page.goto(here(link));
    await scanner.page.getByRole('button', { name: english('mailed.verify.submit') }).waitFor();
    await scanner.page.waitForLoadState('networkidle');
    expect(scanner.posts()).toEqual([]);
    const [path = '', token = ''] = new URL(here(link)).href.replace(service.url, '').split('#token=');
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      for (const address of [path, `${path}?token=${token}`, `/auth/email/verify?token=${token}`])
        await call(service.url, method, address);
    await click(await follow(link), 'verify');
    expect((await login(person)).status).toBe(200);
  });

  it.each(['verify%23token=', 'verify?token=', 'verify%2523token%253D'])('rewritten to %s works', async (spelling) => {
    const { person, link } = await signUp();
    await click(await follow(link.replace('verify#token=', spelling)), 'verify');
    expect((await login(person)).status).toBe(200);
  });
});
