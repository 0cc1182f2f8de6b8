// The second step of a sign-in on the account pages, in a real Chromium on the real service.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, pressed, tabTo } from '../support/account-page.js';
import type { Person } from '../support/client.js';
import { codeOf, enrolled, stepNow } from '../support/factors.js';
import { heading, isSignedIn, methodsOf, openAt, reads, namedSite } from './support/factor-pages.js';

const site = namedSite();

const open = (path = 'sign-in', options: BrowserContextOptions = {}) =>
  openAt(site.browser, `${site.issuer}/account/${path}`, options);

const code = (page: Page) => page.getByLabel(english('factor.code'));

/** By keyboard, up to the second step. */
async function toSecondStep(page: Page, { email, password }: Person): Promise<void> {
  await tabTo(page, english('email'));
  await page.keyboard.insertText(email);
  await tabTo(page, english('password'));
  await page.keyboard.insertText(password);
  await page.keyboard.press('Enter');
  await heading(page, english('factor.title'));
  await page.locator('input[name=code]:focus').waitFor();
}

const triesOf = (sent: { url: string }[]) => sent.filter(({ url }) => url.endsWith('/auth/factor')).length;

describe('the second step', () => {
  it('takes a code by keyboard alone, sends it off with its sixth digit, once, and keeps nobody out', async () => {
    const { person, code: shown } = await enrolled(site.service);
    const watched = await open();
    const { page, posts } = watched;
    await toSecondStep(page, person);
    await expectNoFindings(watched);
    await expect.poll(() => focused(page)).toBe(english('factor.code'));
    expect(await code(page).getAttribute('inputmode')).toBe('numeric');
    expect(await code(page).getAttribute('autocomplete')).toBe('one-time-code');
    await page.keyboard.type(await shown());
    await isSignedIn(page);
    expect(triesOf(posts())).toBe(1);
    expect(await methodsOf(page)).toEqual(['mfa', 'otp', 'pwd']);
  });

  it('takes a code that is pasted with spaces, and one that Enter sends', async () => {
    const { person, code: shown } = await enrolled(site.service);
    const { page, posts } = await open();
    await toSecondStep(page, person);
    const digits = await shown();
    await page.keyboard.insertText(` ${digits.slice(0, 3)} ${digits.slice(3)} `);
    await isSignedIn(page);
    expect(triesOf(posts())).toBe(1);
  });

  it('says that a code is not right, stays in its field, and takes the next one', async () => {
    const { person, code: shown, wrongCode } = await enrolled(site.service);
    const watched = await open();
    const { page } = watched;
    await toSecondStep(page, person);
    await page.keyboard.insertText(await wrongCode());
    await reads(page, english('factor.wrongCode'));
    await expect.poll(() => focused(page)).toBe(english('factor.code'));
    expect(await code(page).getAttribute('aria-invalid')).toBe('true');
    await expectNoFindings(watched);
    await page.locator('button[type=submit][aria-disabled=false]').waitFor();
    await code(page).fill(await shown());
    await isSignedIn(page);
  });

  it('counts down after too many tries, and sends nothing meanwhile', async () => {
    const { person } = await enrolled(site.service);
    const watched = await open();
    const { page, posts } = watched;
    const problem = { status: 429, code: 'too_many_attempts', retryAfter: 30 };
    await page.route('**/auth/factor', (route) =>
      route.fulfill({ status: 429, contentType: 'application/problem+json', json: problem }),
    );
    await toSecondStep(page, person);
    await page.keyboard.insertText('123456');
    await reads(page, english('errors.too_many_attempts'));
    await page.getByText(/^You can try again in/).waitFor();
    await code(page).fill('654321');
    expect(triesOf(posts())).toBe(1);
    await expectNoFindings(watched);
  });

  it('takes a recovery code instead, as it was written down, and only once', async () => {
    const { person, recoveryCodes } = await enrolled(site.service);
    const written = ` ${recoveryCodes[0]?.toLowerCase()} `;
    const watched = await open();
    const { page } = watched;
    await toSecondStep(page, person);
    await tabTo(page, english('factor.use.recovery_code'));
    await page.keyboard.press('Enter');
    await page.getByLabel(english('factor.recovery')).waitFor();
    await expect.poll(() => focused(page)).toBe(english('factor.recovery'));
    await expectNoFindings(watched);
    await page.keyboard.insertText(written);
    await page.keyboard.press('Enter');
    await isSignedIn(page);

    const again = await open();
    await toSecondStep(again.page, person);
    await pressed(again.page, english('factor.use.recovery_code'));
    await again.page.getByLabel(english('factor.recovery')).fill(written);
    await again.page.keyboard.press('Enter');
    await reads(again.page, english('factor.wrongRecovery'));
  });

  it('whose time is over says so, and leads back to the sign-in', async () => {
    const { person, code: shown } = await enrolled(site.service);
    const watched = await open('sign-in?return_to=/account/devices');
    const { page } = watched;
    await toSecondStep(page, person);
    await site.service.query(`UPDATE factor_tickets SET expires_at = protocol_now() - interval '1 second'`);
    await page.keyboard.insertText(await shown());
    await reads(page, english('factor.over'));
    await expect.poll(() => focused(page)).toBe(english('factor.over'));
    await expectNoFindings(watched);
    await page.getByRole('link', { name: english('back-to-sign-in') }).click();
    await heading(page, english('sign-in.title'));
    await toSecondStep(page, person);
    await page.keyboard.insertText(await shown());
    await heading(page, english('devices.title'));
  });

  it('that is opened without a sign-in leads to it', async () => {
    const watched = await open('factor');
    await reads(watched.page, english('factor.missing'));
    await expectNoFindings(watched);
    expect(await watched.page.getByRole('textbox').count()).toBe(0);
  });

  it('of two tabs is done once: the other one learns who is signed in', async () => {
    const { person, seed } = await enrolled(site.service);
    const { page } = await open();
    const other = await page.context().newPage();
    await other.goto(`${site.issuer}/account/sign-in`);
    await toSecondStep(page, person);
    await toSecondStep(other, person);
    const step = await stepNow(site.service);
    await code(other).fill(codeOf(seed, step));
    await isSignedIn(other);
    await code(page).fill(codeOf(seed, step + 1));
    await reads(page, english('factor.over'));
    await page.getByRole('link', { name: english('back-to-sign-in') }).click();
    await reads(page, person.email);
    await pressed(page, english('known.continue'));
    await isSignedIn(page);
  });

  it('whose answer is lost is tried again, and does not leave the person outside for it', async () => {
    const { person, code: shown } = await enrolled(site.service);
    const { page } = await open();
    await toSecondStep(page, person);
    let tries = 0;
    await page.route('**/auth/factor', async (route) => (++tries > 1 ? route.continue() : route.abort()));
    await page.keyboard.insertText(await shown());
    await isSignedIn(page);
    expect(tries).toBe(2);
  });

  it.each(['en-GB', 'de-DE'])('can be used at 320 px (%s)', async (locale) => {
    const { person } = await enrolled(site.service);
    const watched = await open('sign-in', { locale, viewport: { width: 320, height: 640 } });
    const { page } = watched;
    const text = locale === 'de-DE' ? german : english;
    await page.getByLabel(text('email')).fill(person.email);
    await page.getByLabel(text('password'), { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await heading(page, text('factor.title'));
    await expectNoFindings(watched);
    await pressed(page, text('factor.use.recovery_code'));
    await expectNoFindings(watched);
  });
});
