// The pages of a person who is signed in, in a real Chromium on the real service.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, pressed, watchedPage } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { me, mobile, type Person, register } from '../support/client.js';
import { type Service, startService, startServiceForTest } from '../support/service.js';

let browser: Browser;
let service: Service;
beforeAll(async () => {
  service = await startService();
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

interface Options extends BrowserContextOptions {
  readonly at?: Service;
  readonly person?: Person;
}

/** Signs in, and opens the page. */
async function open(path: string, { at = service, person, ...options }: Options = {}) {
  const owner = person ?? (await register(at.url));
  const watched = await watchedPage(browser, options);
  const { page } = watched;
  await page.goto(`${at.url}/account/sign-in?return_to=/account/${path}`);
  await page.locator('input[name=email]').fill(owner.email);
  await page.locator('input[name=password]').fill(owner.password);
  await page.locator('form button[type=submit]').click();
  await page.getByRole('navigation').first().waitFor();
  await page.locator('.loading').waitFor({ state: 'hidden' });
  return { ...watched, person: owner };
}

const reads = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor();
const fill = (page: Page, label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);

it.each(['', 'password', 'devices', 'activity', 'delete'])(
  'the page /account/%s keeps nobody out, breaks no policy and asks no other host, in German on 320 px (C9)',
  async (path) => {
    const watched = await open(path, { locale: 'de-DE', viewport: { width: 320, height: 640 } });
    const titles = [german('profile.title'), german('password.title'), german('devices.title')];
    titles.push(german('activity.title'), german('delete.title'));
    expect(titles).toContain(await watched.page.getByRole('heading', { level: 1 }).innerText());
    await expectNoFindings(watched);
  },
);

it('a person ends the session of an app, and its token counts no more', async () => {
  const person = await register(service.url);
  const app = await mobile(service.url, person);
  const { page } = await open('devices', { person });
  await reads(page, english('devices.app'));
  await page.getByRole('button', { name: /^End session:/ }).click();
  await page.getByRole('status').filter({ hasText: 'has ended' }).waitFor();
  await page
    .getByRole('listitem')
    .filter({ hasText: english('devices.app') })
    .waitFor({ state: 'detached' });
  expect((await me(service.url, app.accessToken)).json['code']).toBe('token_revoked');
});

it('a person ends all other sessions and stays signed in, or signs out everywhere and reads that', async () => {
  const person = await register(service.url);
  const [first, second] = [await mobile(service.url, person), await mobile(service.url, person)];
  const { page } = await open('devices', { person });
  await pressed(page, english('devices.endOthers'));
  await reads(page, english('devices.endedOthers'));
  await reads(page, english('devices.alone'));
  for (const { accessToken } of [first, second]) expect((await me(service.url, accessToken)).status).toBe(401);
  const third = await mobile(service.url, person);
  await pressed(page, english('devices.everywhere'));
  await reads(page, english('ended.title'));
  expect((await me(service.url, third.accessToken)).status).toBe(401);
});

it('a wrong current password is told where it was asked for, and changes nothing', async () => {
  const { page } = await open('password');
  await fill(page, english('password.current'), 'not the right one');
  await fill(page, english('password.new'), 'another long passphrase');
  await pressed(page, english('password.change'));
  await reads(page, english('account.wrongPassword'));
  await expect.poll(() => focused(page)).toBe(english('account.wrongPassword'));
});

it('a change of the password ends every other session, and this one goes on', async () => {
  const person = await register(service.url);
  const app = await mobile(service.url, person);
  const { page } = await open('password', { person });
  await reads(page, english('password.intro'));
  await fill(page, english('password.current'), person.password);
  await fill(page, english('password.new'), 'another long passphrase');
  await pressed(page, english('password.change'));
  await reads(page, english('password.changed'));
  expect((await me(service.url, app.accessToken)).status).toBe(401);
  await page.getByRole('link', { name: english('nav.devices') }).click();
  await reads(page, english('devices.alone'));
});

it('older events come when they are asked for, each in words', async () => {
  const person = await register(service.url);
  const { page } = await open('', { person });
  await service.query(
    `INSERT INTO audit_events (id, user_id, at, type, outcome, details)
     SELECT gen_random_uuid(), e.user_id, e.at - n * interval '1 second', 'password.changed', 'success', '{}'
       FROM audit_events e JOIN users u ON u.id = e.user_id, generate_series(1, 25) n
      WHERE u.email = $1 AND e.type = 'login.succeeded'`,
    [person.email],
  );
  await page.getByRole('link', { name: english('nav.activity') }).click();
  await pressed(page, english('activity.more'));
  await reads(page, english('activity.all'));
  const words = await page.locator('.events .what').allInnerTexts();
  expect(words[0]).toBe(english('activity.event.login_succeeded_password'));
  expect(words.filter((each) => each === english('activity.event.password_changed'))).toHaveLength(25);
  expect(words).toContain(english('activity.event.user_registered'));
});

it('the deletion needs a tick, and a fresh proof where the sign-in was long ago', async () => {
  const own = await startServiceForTest();
  const { page, person } = await open('delete', { at: own });
  await pressed(page, english('delete.delete'));
  await reads(page, english('delete.tickFirst'));
  await own.advance(1_000);
  await page.getByLabel(english('delete.understood')).check();
  await pressed(page, english('delete.delete'));
  await reads(page, english('proof.intro'));
  await fill(page, english('password'), 'not the right one');
  await pressed(page, english('proof.submit'));
  await reads(page, english('account.wrongPassword'));
  expect(await own.query('SELECT FROM users WHERE email = $1', [person.email])).toHaveLength(1);
  await fill(page, english('password'), person.password);
  await pressed(page, english('proof.submit')); // the tick was not lost
  await reads(page, english('delete.deletedTitle'));
  expect(await own.query('SELECT FROM users WHERE email = $1', [person.email])).toHaveLength(0);
  await page.reload();
  await reads(page, english('delete.deletedTitle'));
});

it('the last administrator reads why their account stays', async () => {
  const own = await startServiceForTest();
  const { page, person } = await open('delete', { at: own });
  await own.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
  await page.getByLabel(english('delete.understood')).check();
  await pressed(page, english('delete.delete'));
  await reads(page, english('errors.last_admin'));
  expect(await own.query('SELECT FROM users WHERE email = $1', [person.email])).toHaveLength(1);
});
