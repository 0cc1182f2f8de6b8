// The whole way of a person with the account pages, on the embedded default as `npm start` runs it: from the registration to
// the deletion, with the mails in the log.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from '../support/chromium.js';
import { somebody } from '../support/client.js';
import { keyboard, mouse } from '../support/hands.js';
import { checkout, type Run, start, untilReady } from '../support/process.js';
import { browserOf, type Circumstances, mailedLink, type Tab } from '../support/way.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
}, 120_000);
afterAll(() => browser?.close());

const SMALL = { width: 320, height: 640 };
const LATENCY_MS = 300;

/** Requests of the pages' script only: a person reloads a document that does not come. */
async function slowAndLossy(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const unlimited = { downloadThroughput: -1, uploadThroughput: -1, offline: false };
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { latency: LATENCY_MS, ...unlimited });
  let requests = 0;
  await page.route('**/auth/**', (route) => (++requests % 3 === 0 ? route.abort('connectionreset') : route.continue()));
}

const ways: [string, Circumstances][] = [
  ['with the mouse', { hands: mouse }],
  ['by keyboard only', { hands: keyboard }],
  ['on a screen of 320 px', { hands: mouse, options: { viewport: SMALL, hasTouch: true, isMobile: true } }],
  ['with 300 ms of latency and every third request lost', { hands: mouse, spoil: slowAndLossy }],
];

async function signIn(tab: Tab, email: string, password: string, then = 'Your account'): Promise<void> {
  await tab.see('Sign in');
  await tab.write('Email address', email);
  await tab.write('Password', password);
  await tab.bringAbout('Sign in', tab.heading(then));
  await tab.see(then);
}

it.each(ways)(
  'a person goes the whole way %s: no barrier, no violation of the CSP, no other host (C9)',
  async (_, how) => {
    const run: Run = await untilReady(await start(checkout(), { settings: { RATE_LIMITS: 'on' } }));
    const who = { browser, run, how };
    const here = await browserOf(who);
    const person = somebody();
    const tab = await here.tab();

    // register
    await tab.open('/');
    await tab.see('Sign in');
    await tab.press('Create an account', 'link');
    await tab.see('Create an account');
    await tab.write('Email address', person.email);
    await tab.write('Password', person.password);
    await tab.bringAbout('Create an account', tab.heading('Your account'));

    // ask for the mail, and verify
    await tab.see('Your account');
    await tab.read('Not confirmed yet');
    await tab.bringAbout('Send me the mail', tab.page.getByText(/a mail is on its way/));
    const second = await here.tab();
    await second.open(await mailedLink(run, 'verify', person.email));
    await second.see('Confirm your email address');
    await second.bringAbout('Confirm this address', second.page.getByText(/is confirmed/));
    await tab.page.reload();
    await tab.see('Your account');
    await tab.read('Confirmed');

    // the second tab is signed in without a sign-in, and signed out with the first
    await second.open('/account/activity');
    await second.see('Recent activity');
    await second.read('The email address was confirmed');
    await tab.press('Sign out');
    await tab.see('Sign in');
    await second.see('You are signed out');
    await second.press('Sign in', 'link');
    await signIn(second, person.email, person.password, 'Recent activity');
    await second.page.close();

    // signed out from elsewhere
    await tab.page.reload();
    await tab.open('/account');
    await tab.see('Your account');
    const elsewhere = await browserOf(who);
    const other = await elsewhere.tab();
    await other.open('/account/sign-in');
    await signIn(other, person.email, person.password);
    await other.press('Devices', 'link');
    await other.see('Your devices');
    await other.read('This device');
    await other.bringAbout(/^End session:/, other.page.getByText(/^The session of .* has ended\.$/));
    await tab.press('Activity', 'link');
    await tab.see('You are signed out');
    await tab.press('Sign in', 'link');

    // forgotten, and set anew: every session ends
    await tab.see('Sign in');
    await tab.press('Forgot your password?', 'link');
    await tab.see('Forgot your password?');
    await tab.write('Email address', person.email);
    await tab.bringAbout('Email me a link', tab.heading('Check your mail'));
    await tab.see('Check your mail');
    await tab.open(await mailedLink(run, 'reset', person.email));
    await tab.see('Set a new password');
    const reset = `${person.password} again`;
    await tab.write('New password', reset);
    await tab.bringAbout('Set this password', tab.page.getByText(/Your new password is set/));
    await other.press('Activity', 'link');
    await other.see('You are signed out');
    await tab.open('/account/sign-in');
    await signIn(tab, person.email, reset);

    // another password, another address
    await tab.press('Password', 'link');
    await tab.see('Change your password');
    const changed = `${person.password} changed`;
    await tab.write('Current password', reset);
    await tab.write('New password', changed);
    await tab.bringAbout('Change the password', tab.page.getByText(/Your new password is set/));
    await tab.press('Profile', 'link');
    await tab.see('Your account');
    const moved = somebody().email;
    await tab.write('New email address', moved);
    await tab.write('Current password', changed);
    await tab.bringAbout('Change the address', tab.page.getByText(`We have sent a mail to ${moved}`));
    await tab.open(await mailedLink(run, 'email', moved));
    await tab.see('Confirm your new email address');
    await tab.bringAbout('Confirm this address', tab.page.getByText(/Your new email address is confirmed/));
    await tab.open('/account');
    if (await tab.heading('Sign in').isVisible()) await signIn(tab, moved, changed);
    await tab.see('Your account');
    await tab.read(moved);

    // the end
    await tab.press('Delete my account', 'link');
    await tab.see('Delete your account');
    await tab.press('I understand that this cannot be undone', 'checkbox');
    await tab.bringAbout('Delete my account', tab.heading('Your account is deleted'));
    await tab.see('Your account is deleted');
    await tab.open('/account/sign-in');
    await tab.see('Sign in');
    await tab.write('Email address', moved);
    await tab.write('Password', changed);
    await tab.bringAbout('Sign in', tab.page.getByText(/address or the password is wrong/));

    expect([...here.watched.troubles, ...elsewhere.watched.troubles]).toEqual([]);
  },
  600_000,
);
