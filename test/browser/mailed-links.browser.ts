// From a mail to what its link does, in a real Chromium.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, german, pressed } from '../support/account-page.js';
import { pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { bearer, call, register, somebody } from '../support/client.js';
import { enrolled } from '../support/factors.js';
import { linkIn, type MailServer, send, startMailServer } from '../support/mail-server.js';
import { type Service, startService, startServiceForTest } from '../support/service.js';
import { startStill } from '../support/still-time.js';
import { until } from '../support/until.js';

/** Globals of a page, as far as the test of the lock uses them. */
interface InPage {
  release: () => void;
  readonly location: { readonly origin: string };
  readonly navigator: {
    readonly locks: {
      request(name: string, options: { mode: 'shared' }, run: () => Promise<void>): Promise<void>;
      query(): Promise<{ pending: { name: string }[] }>;
    };
  };
}

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

describe('from the mail to the session', () => {
  let mail: MailServer;
  let own: Service;
  beforeAll(async () => {
    mail = await startMailServer();
    own = await startService({
      ...mail.settings,
      REGISTRATION: 'verified',
      PASSWORD_MIN_LENGTH: '12',
      MAGIC_LINKS: 'on',
    });
  }, 60_000);
  afterAll(async () => {
    await own.stop();
    await mail.close();
  });

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    call(own.url, 'POST', path, { body, headers });
  const login = (person: object) => post('/auth/login', { ...person, transport: 'bearer' });
  /** The mail names the origin of PUBLIC_URL, which does not lead here. */
  const follow = async (link: string, locale = 'en-GB', from = own) => {
    const page = await pageOf(browser, { locale });
    await page.goto(link.replace('http://auth.test', from.url));
    return page;
  };
  const signUp = async (person = somebody()) => {
    expect((await post('/auth/register', person)).status).toBe(202);
    return { person, link: linkIn(await mail.mailTo(person.email, 'verify')) };
  };

  it('a person registers, opens the mail, clicks and signs in; a second click finds the link used', async () => {
    const { person, link } = await signUp();
    expect((await login(person)).status).not.toBe(200);
    const page = await follow(link);
    await pressed(page, english('mailed.verify.submit'));
    await page.getByText(english('mailed.verify.done')).waitFor();
    expect((await login(person)).status).toBe(200);
    const again = await follow(link);
    await pressed(again, english('mailed.verify.submit'));
    await again.getByText(english('mailed.invalid')).waitFor();
  });

  it('the same on a fresh checkout, which prints the mail to its log', async () => {
    const fresh = await startServiceForTest({ REGISTRATION: 'verified' });
    const person = somebody();
    expect((await call(fresh.url, 'POST', '/auth/register', { body: person })).status).toBe(202);
    const printed = () => fresh.log.find(({ event, to }) => event === 'mail.printed' && to === person.email);
    await until('the mail is printed', () => printed() !== undefined);
    const page = await follow(linkIn({ text: String(printed()?.['text']) }), 'en-GB', fresh);
    await pressed(page, english('mailed.verify.submit'));
    await page.getByText(english('mailed.verify.done')).waitFor();
    const body = { ...person, transport: 'bearer' };
    expect((await call(fresh.url, 'POST', '/auth/login', { body })).status).toBe(200);
  });

  it('a forgotten password: a refused new one spends nothing, the next one signs in and the old one does not', async () => {
    const { person, link } = await signUp();
    await pressed(await follow(link), english('mailed.verify.submit'));
    await until('the address is verified', async () => (await login(person)).status === 200);
    await post('/auth/password/forgot', { email: person.email }, { 'accept-language': 'de' });
    const received = await mail.mailTo(person.email, 'reset');
    expect(received.subject).toBe('Neues Passwort für Watchword');
    const page = await follow(linkIn(received), 'de-DE');
    await page.getByLabel(german('new-password')).fill('abcdefghijkl1');
    await pressed(page, german('mailed.reset.submit'));
    await page.getByText(german('reasons.runs')).waitFor();
    await page.getByLabel(german('new-password')).fill('quite another passphrase');
    await pressed(page, german('mailed.reset.submit'));
    await page.getByText(german('mailed.reset.done')).waitFor();
    expect((await login(person)).status).toBe(401);
    expect((await login({ ...person, password: 'quite another passphrase' })).status).toBe(200);
  });

  it('a new address takes both mails: the new one confirms it, or the old one locks the account', async () => {
    const confirms = async (locks: boolean) => {
      const { person, link } = await signUp();
      const page = await follow(link);
      await pressed(page, english('mailed.verify.submit'));
      await page.getByText(english('mailed.verify.done')).waitFor();
      const { accessToken } = (await login(person)).json;
      const newEmail = somebody().email;
      const body = { newEmail, currentPassword: person.password };
      expect((await post('/auth/email', body, bearer(accessToken))).status).toBe(202);
      const purpose = locks ? 'freeze' : 'email';
      const received = await (locks ? mail.mailTo(person.email, 'email_changing') : mail.mailTo(newEmail, 'email'));
      const second = await follow(linkIn(received));
      await pressed(second, english(`mailed.${purpose}.submit`));
      await second.getByText(english(`mailed.${purpose}.done`)).waitFor();
      return [(await login(person)).status, (await login({ ...person, email: newEmail })).status];
    };
    expect(await confirms(false)).toEqual([401, 200]);
    expect(await confirms(true)).toEqual([401, 401]);
  });

  it('a magic link signs in to the browser in which it is clicked', async () => {
    const { person, link } = await signUp();
    const first = await follow(link);
    await pressed(first, english('mailed.verify.submit'));
    await first.getByText(english('mailed.verify.done')).waitFor();
    expect((await post('/auth/magic/request', { email: person.email })).status).toBe(202);
    const page = await follow(linkIn(await mail.mailTo(person.email, 'magic')));
    const whoAmI = () => page.evaluate(async () => (await fetch('/auth/me')).json() as Promise<{ email?: string }>);
    expect(await whoAmI()).toMatchObject({ code: 'unauthenticated' });
    await pressed(page, english('mailed.magic.submit'));
    await page.getByText(english('mailed.magic.done')).waitFor();
    expect(await whoAmI()).toMatchObject({ email: person.email });
  });

  it('a magic link of somebody with a second factor asks for it before anybody is signed in', async () => {
    const { person, link } = await signUp();
    const first = await follow(link);
    await pressed(first, english('mailed.verify.submit'));
    await first.getByText(english('mailed.verify.done')).waitFor();
    const app = await enrolled(own, person);
    await post('/auth/magic/request', { email: person.email });
    const page = await follow(linkIn(await mail.mailTo(person.email, 'magic')));
    await pressed(page, english('mailed.magic.submit'));
    await page.getByRole('heading', { level: 1, name: english('factor.title'), exact: true }).waitFor();
    expect((await page.context().cookies()).filter(({ name }) => name.includes('access_token'))).toEqual([]);
    await page.getByLabel(english('factor.code')).fill(await app.code());
    await page.getByRole('button', { name: english('sign-out'), exact: true }).waitFor();
  });

  it('a magic link waits for the refreshes of other tabs, whose late answers would bring the old session back', async () => {
    const { person, link } = await signUp();
    const first = await follow(link);
    await pressed(first, english('mailed.verify.submit'));
    await first.getByText(english('mailed.verify.done')).waitFor();
    await post('/auth/magic/request', { email: person.email });
    const other = await first.context().newPage();
    await other.goto(first.url());
    await other.evaluate(() => {
      const tab = globalThis as unknown as InPage;
      const refreshing = () => new Promise<void>((done) => (tab.release = done));
      void tab.navigator.locks.request(`watchword:${tab.location.origin}`, { mode: 'shared' }, refreshing);
    });
    const received = linkIn(await mail.mailTo(person.email, 'magic'));
    await first.goto(received.replace('http://auth.test', own.url));
    let isSent = false;
    first.on('request', (request) => (isSent ||= request.url().endsWith('/auth/magic')));
    await pressed(first, english('mailed.magic.submit'));
    const waiting = () =>
      first.evaluate(async () => (await (globalThis as unknown as InPage).navigator.locks.query()).pending);
    await until('the link waits', async () => (await waiting()).some(({ name }) => name === `watchword:${own.url}`));
    expect(isSent).toBe(false);
    await other.evaluate(() => (globalThis as unknown as InPage).release());
    await first.getByText(english('mailed.magic.done')).waitFor();
    expect(isSent).toBe(true);
  });

  it('an invitation asks for the first password, which then signs in', async () => {
    const { person } = await signUp();
    await own.query('UPDATE users SET password_hash = NULL, pending_until = NULL WHERE email = $1', [person.email]);
    await send(own, { kind: 'invite', address: person.email });
    const page = await follow(linkIn(await mail.mailTo(person.email, 'invite')));
    await page.getByLabel(english('new-password')).fill(person.password);
    await pressed(page, english('mailed.invite.submit'));
    await page.getByText(english('mailed.invite.done')).waitFor();
    expect((await login(person)).status).toBe(200);
  });

  it('a link for a device opens a closed account to the browser in which it is clicked, and to no other', async () => {
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
    const page = await follow(linkIn(await mail.mailTo(person.email, 'device')), 'en-GB', still);
    await pressed(page, english('mailed.device.submit'));
    await page.getByText(english('mailed.device.done')).waitFor();
    const status = await page.evaluate(async (body) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch('/auth/login', { method: 'POST', headers, body: JSON.stringify(body) })).status;
    }, person);
    expect(status).toBe(200);
    expect((await guess(person.password, '203.0.113.5')).status).toBe(429);
  });

  it('a scanner that opens the link and runs its script spends nothing, and neither does GET, HEAD or OPTIONS', async () => {
    const { person, link } = await signUp();
    const [path = '', token = ''] = link.replace('http://auth.test', '').split('#token=');
    const scanner = await follow(link);
    await scanner.waitForLoadState('networkidle');
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      for (const address of [path, `${path}?token=${token}`, `/auth/email/verify?token=${token}`])
        await call(own.url, method, address);
    const page = await follow(link);
    await pressed(page, english('mailed.verify.submit'));
    await page.getByText(english('mailed.verify.done')).waitFor();
    expect((await login(person)).status).toBe(200);
  });

  it.each(['verify%23token=', 'verify?token=', 'verify%2523token%253D'])(
    'a link rewritten to %s works',
    async (spelling) => {
      const { person, link } = await signUp();
      const page = await follow(link.replace('verify#token=', spelling));
      await pressed(page, english('mailed.verify.submit'));
      await page.getByText(english('mailed.verify.done')).waitFor();
      expect((await login(person)).status).toBe(200);
    },
  );
});
