// The page of one's own second factors: an authenticator app, recovery codes, a fresh proof, removal.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, pressed, tabTo } from '../support/account-page.js';
import { register } from '../support/client.js';
import { enrolled } from '../support/factors.js';
import {
  appOf,
  codesOn,
  heading,
  isSignedIn,
  methodsOf,
  openAt,
  openFactors,
  reads,
  namedSite,
  typePassword,
} from './support/factor-pages.js';

const site = namedSite({ STEP_UP_MAX_AGE_SECONDS: '300' });

const [press, type] = [
  (page: Page, key: string) => page.keyboard.press(key),
  (page: Page, text: string) => page.keyboard.insertText(text),
];

const code = (page: Page) => page.getByLabel(english('factor.code'));

/** A person who has signed in with both factors, on the page of their factors. */
async function openWithApp() {
  const { service, issuer } = site;
  const app = await enrolled(service);
  const watched = await openAt(site.browser, `${issuer}/account/sign-in?return_to=/account/factors`);
  await typePassword(watched.page, app.person);
  await code(watched.page).fill(await app.code());
  await reads(watched.page, english('codes.left', { count: 10 }));
  return { ...watched, app };
}

/** Until a proof of who the person is counts no longer as fresh. */
const waitForProofToAge = () => site.service.advance(310);

describe('by keyboard alone, with nothing that keeps people out', () => {
  it('an app is set up, its recovery codes are kept, and both sign in', async () => {
    const { service, issuer } = site;
    const watched = await openFactors(site.browser, site.pair);
    const { page, person } = watched;
    await reads(page, english('factors.none'));
    await expectNoFindings(watched);

    await tabTo(page, english('enrolment.totp'));
    await press(page, 'Enter');
    await heading(page, english('setup.title'), 2);
    await expect.poll(() => focused(page)).toBe(english('setup.title'));
    await expectNoFindings(watched);
    const app = await appOf(page, service);
    expect(await page.getByRole('img', { name: english('setup.qr') }).count()).toBe(1);
    await tabTo(page, english('factor.code'));
    await type(page, await app());

    const codes = await codesOn(page);
    await expect.poll(() => focused(page)).toBe(english('codes.title'));
    expect(new Set(codes).size).toBe(10);
    await expectNoFindings(watched);
    await tabTo(page, english('codes.continue'));
    await press(page, 'Enter');
    await reads(page, english('codes.tickFirst'));
    await tabTo(page, english('codes.kept'));
    await press(page, 'Space');
    await press(page, 'Enter');
    await reads(page, english('factors.added.totp'));
    await reads(page, english('codes.left', { count: 10 }));
    await expectNoFindings(watched);

    await page.goto(`${issuer}/account`);
    await tabTo(page, english('sign-out'));
    await press(page, 'Enter');
    await heading(page, english('sign-in.title'));
    await typePassword(page, person);
    await code(page).waitFor();
    await page.locator('input[name=code]:focus').waitFor();
    await service.advance(30);
    await type(page, await app());
    await isSignedIn(page);
    expect(await methodsOf(page)).toEqual(['mfa', 'otp', 'pwd']);

    const another = await openAt(site.browser, `${issuer}/account/sign-in`);
    await typePassword(another.page, person);
    await pressed(another.page, english('factor.use.recovery_code'));
    await another.page.getByLabel(english('factor.recovery')).fill(codes[3] ?? '');
    await press(another.page, 'Enter');
    await isSignedIn(another.page);
    await another.page.goto(`${issuer}/account/factors`);
    await reads(another.page, english('codes.left', { count: 9 }));
  });

  it('a factor is renamed, and removed after a question', async () => {
    const watched = await openWithApp();
    const { page } = watched;
    const name = english('factors.kind.totp');
    await tabTo(page, english('factors.rename'));
    await press(page, 'Enter');
    await page.getByLabel(english('factors.name'), { exact: true }).waitFor();
    await expectNoFindings(watched);
    await page.getByLabel(english('factors.name'), { exact: true }).fill('My old phone');
    await press(page, 'Enter');
    await reads(page, english('factors.renamed', { name: 'My old phone' }));
    await page.getByText(name).first().waitFor();

    await tabTo(page, english('factors.remove'));
    await press(page, 'Enter');
    await reads(page, english('factors.removeWhy', { name: 'My old phone' }));
    await expectNoFindings(watched);
    await tabTo(page, english('factors.removeNow'));
    await press(page, 'Enter');
    await reads(page, english('factors.removed', { name: 'My old phone' }));
    await reads(page, english('factors.none'));
    await expectNoFindings(watched);
  });
});

describe('recovery codes', () => {
  it('can be copied and downloaded, and are not left by mistake', async () => {
    const { page } = await openWithApp();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await pressed(page, english('codes.renew'));
    const codes = await codesOn(page);
    await pressed(page, english('codes.copy'));
    await reads(page, english('copied'));
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(codes.join('\n'));
    const downloading = page.waitForEvent('download');
    await pressed(page, english('codes.download'));
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('Watchword-recovery-codes.txt');
    const file = readFileSync(await download.path(), 'utf8');
    for (const each of codes) expect(file).toContain(each);

    const questions: string[] = [];
    page.on('dialog', (dialog) => {
      questions.push(dialog.message());
      void dialog.dismiss();
    });
    await page.getByRole('link', { name: english('nav.devices') }).click();
    await heading(page, english('codes.title'), 2);
    expect(questions).toEqual([english('codes.leave')]);
    await page.getByLabel(english('codes.kept')).check();
    await pressed(page, english('codes.continue'));
    await reads(page, english('codes.left', { count: 10 }));
    await page.getByRole('link', { name: english('nav.devices') }).click();
    await heading(page, english('devices.title'));
  });

  it('that were renewed take the place of the old ones', async () => {
    const { issuer } = site;
    const { page, app } = await openWithApp();
    await pressed(page, english('codes.renew'));
    const [fresh = ''] = await codesOn(page);
    const another = await openAt(site.browser, `${issuer}/account/sign-in`);
    await typePassword(another.page, app.person);
    await pressed(another.page, english('factor.use.recovery_code'));
    const field = another.page.getByLabel(english('factor.recovery'));
    await field.fill(app.recoveryCodes[0] ?? '');
    await press(another.page, 'Enter');
    await reads(another.page, english('factor.wrongRecovery'));
    await another.page.locator('button[type=submit][aria-disabled=false]').waitFor();
    await field.fill(fresh);
    await press(another.page, 'Enter');
    await isSignedIn(another.page);
  });
});

describe('a fresh proof', () => {
  it('is asked for in place, with both factors, and the act is made then', async () => {
    const watched = await openWithApp();
    const { page, app } = watched;
    await waitForProofToAge();
    await pressed(page, english('enrolment.totp'));
    await heading(page, english('proof.title'), 2);
    await expect.poll(() => focused(page)).toBe(english('proof.title'));
    await expectNoFindings(watched);
    await page.getByLabel(english('password'), { exact: true }).fill('not the right one');
    await pressed(page, english('proof.submit'));
    await reads(page, english('account.wrongPassword'));
    await page.getByLabel(english('password'), { exact: true }).fill(app.person.password);
    await press(page, 'Enter');
    await code(page).waitFor();
    await expectNoFindings(watched);
    await code(page).fill(await app.code());
    await heading(page, english('setup.title'), 2);
  });

  it('does not lose what was typed', async () => {
    const { page, app } = await openWithApp();
    await pressed(page, english('enrolment.totp'));
    await heading(page, english('setup.title'), 2);
    const other = await appOf(page, site.service);
    await waitForProofToAge();
    await code(page).fill(await other());
    await heading(page, english('proof.title'), 2);
    await page.getByLabel(english('password'), { exact: true }).fill(app.person.password);
    await press(page, 'Enter');
    await page.locator('.proof input[name=code]:focus').waitFor();
    await page.keyboard.insertText(await app.code());
    await reads(page, english('factors.added.totp'));
    await expect
      .poll(() =>
        page
          .getByRole('list', { name: english('factors.list') })
          .getByRole('listitem')
          .count(),
      )
      .toBe(2);
  });

  it('that is given up changes nothing', async () => {
    const { page } = await openWithApp();
    await waitForProofToAge();
    await pressed(page, english('codes.renew'));
    await heading(page, english('proof.title'), 2);
    await pressed(page, english('cancel'));
    await reads(page, english('codes.left', { count: 10 }));
    await page.getByRole('button', { name: english('codes.renew') }).waitFor();
  });
});

describe('an account that must have a second factor', () => {
  it('sets one up in place of its sign-in, by keyboard, and is signed in then', async () => {
    const { service, issuer } = site;
    const person = await register(service.url);
    await service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
    const watched = await openAt(site.browser, `${issuer}/account/sign-in?return_to=/account/devices`);
    const { page } = watched;
    await typePassword(page, person);
    await heading(page, english('enrol.title'));
    await expectNoFindings(watched);
    await tabTo(page, english('enrolment.totp'));
    await press(page, 'Enter');
    await heading(page, english('setup.title'), 2);
    const app = await appOf(page, service);
    await tabTo(page, english('factor.code'));
    await type(page, await app());
    await codesOn(page);
    await expectNoFindings(watched);
    await page.getByLabel(english('codes.kept')).check();
    await pressed(page, english('codes.continue'));
    await heading(page, english('devices.title'));
    expect(await methodsOf(page)).toEqual(['mfa', 'otp', 'pwd']);
    await page.goto(`${issuer}/account/factors`);
    await reads(page, english('codes.left', { count: 10 }));
    await tabTo(page, english('factors.remove'));
    await press(page, 'Enter');
    await pressed(page, english('factors.removeNow'));
    await reads(page, english('errors.last_factor'));
    await expectNoFindings(watched);
  });
});

it('the link of the mail after a reset brings its token to the next enrolment, and leaves no trace in the address', async () => {
  const { service, issuer } = site;
  const person = await register(service.url);
  const token = `wot_${'x'.repeat(71)}`;
  const watched = await openAt(site.browser, `${issuer}/account/enrol#token=${token}`);
  const { page } = watched;
  await reads(page, english('enrol.mailed'));
  expect(page.url()).toBe(`${issuer}/account/enrol`);
  await expectNoFindings(watched);
  await page.getByRole('link', { name: english('to-sign-in') }).click();
  await typePassword(page, person);
  await heading(page, english('factors.title'));
  await pressed(page, english('enrolment.totp'));
  await heading(page, english('setup.title'), 2);
  const app = await appOf(page, service);
  const sent = page.waitForRequest((request) => request.url().endsWith('/confirm'));
  await code(page).fill(await app());
  expect((await sent).postDataJSON()).toMatchObject({ token });
});

it('another person’s factors are nobody’s business: each page shows its own', async () => {
  const person = await register(site.service.url);
  const { page } = await openFactors(site.browser, site.pair, person);
  await reads(page, english('factors.none'));
});
