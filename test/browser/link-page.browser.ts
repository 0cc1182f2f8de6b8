// The page that a link in a mail opens, in a real Chromium.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenPurposes } from '../../src/database/vocabularies.js';
import { objectionTo } from '../../src/credentials/password/password-rules.js';
import { linkTexts } from '../../src/link-page/link-texts.js';
import { barriersOn, pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { bearer, call, register, somebody } from '../support/client.js';
import { linkIn, type MailServer, send, startMailServer } from '../support/mail-server.js';
import { type Service, startService, startServiceForTest } from '../support/service.js';
import { startStill } from '../support/still-time.js';
import { until } from '../support/until.js';

let browser: Browser;
let service: Service;
beforeAll(async () => {
  service = await startService({ BRAND_NAME: 'Example', SUPPORT_CONTACT: 'help@example.com', BRAND_ACCENT: '7c3aed' });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

const token = `wot_${'x'.repeat(71)}`;
const { purposes, outcomes } = linkTexts.en;

/** What the service would answer: the texts for it are the page's own. */
interface Answered {
  readonly status: number;
  readonly body?: object;
}

/** Opens a link; every request that the page sends is written down. */
async function open(path: string, { answers = [], locale = 'en-GB' }: { answers?: Answered[]; locale?: string } = {}) {
  const page = await pageOf(browser, { locale });
  const sent: { method: string; url: string; headers: Record<string, string>; body: unknown }[] = [];
  const troubles: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && troubles.push(message.text())));
  page.on('request', (request) => {
    sent.push({
      method: request.method(),
      url: request.url(),
      headers: request.headers(),
      body: request.postDataJSON(),
    });
  });
  if (answers.length > 0)
    await page.route('**/auth/**', (route) => {
      const { status, body } = answers.shift() ?? { status: 500 };
      return route.fulfill({ status, ...(body ? { contentType: 'application/problem+json', json: body } : {}) });
    });
  await page.goto(`${service.url}${path}`);
  return { page, sent, troubles, posts: () => sent.filter(({ method }) => method === 'POST') };
}

const says = (page: Page) => page.getByRole('status').innerText();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

describe('the link page', () => {
  it.each(tokenPurposes)('of %s posts its token on a click, once, and says what happened', async (purpose) => {
    const { page, posts, troubles } = await open(`/link/${purpose}#token=${token}`, { answers: [{ status: 204 }] });
    expect(await page.getByRole('heading').innerText()).toBe(purposes[purpose].heading);
    expect(posts()).toEqual([]);
    const field = page.getByLabel('New password');
    const asks = (await field.count()) === 1;
    expect(asks).toBe(purpose === 'reset' || purpose === 'invite');
    if (asks) await field.fill('a passphrase of the reader');
    await press(page, purposes[purpose].button);
    await page.getByText(purposes[purpose].done).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([
      { token, ...(asks ? { newPassword: 'a passphrase of the reader' } : {}) },
    ]);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(troubles).toEqual([]);
  });

  it.each(['en-GB', 'de-DE'])(
    'keeps nobody out (%s): axe finds no barrier, light or dark, narrow or wide',
    async (locale) => {
      const { page } = await open(`/link/reset#token=${token}`, { locale });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await barriersOn(page)).toEqual([]);
      }
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await barriersOn(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= 320')).toBe(true);
    },
  );

  it('works by keyboard alone, and the answer has the focus', async () => {
    const { page, posts } = await open(`/link/reset#token=${token}`, { answers: [{ status: 204 }] });
    await page.keyboard.press('Tab');
    await page.keyboard.insertText('a pasted passphrase'); // as a paste does
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await page.getByLabel('New password').getAttribute('type')).toBe('text');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText(purposes.reset.done).waitFor();
    expect(posts()).toHaveLength(1);
    expect(await page.evaluate('document.activeElement.id')).toBe('outcome');
  });

  it('reads German for a reader of German', async () => {
    const { page } = await open(`/link/verify#token=${token}`, { locale: 'de-AT', answers: [{ status: 204 }] });
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    await press(page, 'Adresse bestätigen');
    await page.getByText('Ihre E-Mail-Adresse ist bestätigt.').waitFor();
    expect(await page.getByText('Hilfe: help@example.com').count()).toBe(1);
  });

  it('without JavaScript says that it needs it, and shows no button', async () => {
    const page = await pageOf(browser, { javaScriptEnabled: false });
    await page.goto(`${service.url}/link/verify#token=${token}`);
    expect(await page.locator('main').innerText()).toContain(linkTexts.en.page.noScript);
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('without a token asks for the whole link, and posts nothing', async () => {
    const { page, posts } = await open('/link/verify');
    expect(await says(page)).toBe(outcomes.missing);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(posts()).toEqual([]);
  });
});

describe('an answer', () => {
  const reset = async (page: Page) => {
    await page.getByLabel('New password').fill('a passphrase of the reader');
    await press(page, purposes.reset.button);
  };

  it.each([
    ['a spent link', 400, { code: 'token_invalid' }, outcomes.invalid],
    [
      'too many attempts',
      429,
      { code: 'too_many_attempts', retryAfter: 7 },
      outcomes.tooMany.replace('{seconds}', '7'),
    ],
    ['a service that is down', 503, { code: 'unavailable' }, outcomes.unavailable],
    ['a proxy that answers by itself', 502, undefined, outcomes.unavailable],
    ['a success that is not known everywhere', 503, { code: 'revocation_unconfirmed' }, outcomes.unconfirmed],
    [
      'a refusal that the page does not know',
      403,
      { code: 'forbidden' },
      outcomes.failed.replace('{code}', 'forbidden'),
    ],
  ])('about %s is a sentence', async (_, status, body, sentence) => {
    const { page } = await open(`/link/reset#token=${token}`, { answers: [{ status, ...(body ? { body } : {}) }] });
    await reset(page);
    await page.getByText(sentence).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('outcome');
    const isOver = body?.code === 'token_invalid' || body?.code === 'revocation_unconfirmed';
    expect(await page.getByRole('button', { name: purposes.reset.button }).count()).toBe(isOver ? 0 : 1);
  });

  it('that refuses the password gives the reason, and the same link works with another password', async () => {
    const errors = [{ path: 'newPassword', message: 'The password must have at least 15 characters.' }];
    const answers = [{ status: 422, body: { code: 'password_rejected', errors } }, { status: 204 }];
    const { page, posts } = await open(`/link/reset#token=${token}`, { answers });
    await reset(page);
    await page.getByText('The password must have at least 15 characters.').waitFor();
    const field = page.getByLabel('New password');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate('document.activeElement.id')).toBe('password');
    await reset(page);
    await page.getByText(purposes.reset.done).waitFor();
    expect(posts()).toHaveLength(2);
  });

  it('that does not come can be asked for again', async () => {
    const { page } = await open(`/link/verify#token=${token}`);
    await page.route('**/auth/**', (route) => route.abort());
    await press(page, purposes.verify.button);
    await page.getByText(outcomes.unavailable).waitFor();
    await page.unroute('**/auth/**');
    await page.route('**/auth/**', (route) => route.fulfill({ status: 204 }));
    await press(page, purposes.verify.button);
    await page.getByText(purposes.verify.done).waitFor();
  });
});

it('every reason against a password has a German sentence', () => {
  const circumstances = { minLength: 8, email: 'ada.lovelace@example.com', serviceWords: ['watchword'] };
  const refused = ['short', 'x'.repeat(129), 'password1', 'abcdefghijkl1', 'ada.lovelace1'];
  const reasons = refused.map((password) => objectionTo(password, circumstances) ?? 'none');
  reasons.push('The password is known from a breach at another service. Choose another.');
  expect(new Set(reasons).size).toBe(6);
  const patterns = linkTexts.de.reasons.map(([pattern]) => new RegExp(pattern));
  expect(reasons.map((reason) => patterns.findIndex((pattern) => pattern.test(reason)))).toEqual([0, 1, 2, 3, 4, 5]);
});

describe('the token', () => {
  it.each([
    ['as it is mailed', `/link/verify#token=${token}`],
    ['with its fragment encoded', `/link/verify%23token=${token}`],
    ['encoded twice', `/link/verify%2523token%253D${token}`],
    ['as a query', `/link/verify?token=${token}`],
    ['behind what a rewriter adds', `/link/verify?utm_source=mail#token=${token}`],
    ['before what a rewriter adds', `/link/verify#token=${token}&utm_source=mail`],
  ])('%s is found, and leaves the address bar at once', async (_, path) => {
    const { page, posts } = await open(path, { answers: [{ status: 204 }] });
    expect(page.url()).toBe(`${service.url}/link/verify`);
    expect(await page.evaluate('JSON.stringify([history.length, history.state, document.cookie])')).toBe('[2,null,""]');
    await press(page, purposes.verify.button);
    await page.getByText(purposes.verify.done).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([{ token }]);
  });

  it('reaches no log, no Referer and no address of a request', async () => {
    const { page, sent } = await open(`/link/verify#token=${token}`);
    await press(page, purposes.verify.button);
    await page.getByText(/does not work any more|did not work/).waitFor();
    expect(sent.filter(({ url }) => url.includes(token))).toEqual([]);
    expect(sent.flatMap(({ headers }) => Object.values(headers)).filter((value) => value.includes('wot_'))).toEqual([]);
    expect(sent.map(({ headers }) => headers['referer']).filter(Boolean)).toEqual([]);
    for (const path of [`verify%23token=${token}`, `verify?token=${token}`, `nothing%23token=${token}`])
      await call(service.url, 'GET', `/link/${path}`);
    expect(JSON.stringify(service.log)).not.toContain('wot_xxxx');
  });

  it('of a second link in the same tab takes the place of the first', async () => {
    const { page, posts } = await open(`/link/verify#token=${token}`, { answers: [{ status: 204 }] });
    const second = `wot_${'y'.repeat(71)}`;
    await page.evaluate(`location.hash = 'token=${second}'`);
    await page.waitForURL(`${service.url}/link/verify`);
    await press(page, purposes.verify.button);
    await page.getByText(purposes.verify.done).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([{ token: second }]);
  });
});

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
    await press(page, purposes.verify.button);
    await page.getByText(purposes.verify.done).waitFor();
    expect((await login(person)).status).toBe(200);
    const again = await follow(link);
    await press(again, purposes.verify.button);
    await again.getByText(outcomes.invalid).waitFor();
  });

  it('the same on a fresh checkout, which prints the mail to its log', async () => {
    const fresh = await startServiceForTest({ REGISTRATION: 'verified' });
    const person = somebody();
    expect((await call(fresh.url, 'POST', '/auth/register', { body: person })).status).toBe(202);
    const printed = () => fresh.log.find(({ event, to }) => event === 'mail.printed' && to === person.email);
    await until('the mail is printed', () => printed() !== undefined);
    const page = await follow(linkIn({ text: String(printed()?.['text']) }), 'en-GB', fresh);
    await press(page, purposes.verify.button);
    await page.getByText(purposes.verify.done).waitFor();
    const body = { ...person, transport: 'bearer' };
    expect((await call(fresh.url, 'POST', '/auth/login', { body })).status).toBe(200);
  });

  it('a forgotten password: a refused new one spends nothing, the next one signs in and the old one does not', async () => {
    const { person, link } = await signUp();
    await press(await follow(link), purposes.verify.button);
    await until('the address is verified', async () => (await login(person)).status === 200);
    await post('/auth/password/forgot', { email: person.email }, { 'accept-language': 'de' });
    const received = await mail.mailTo(person.email, 'reset');
    expect(received.subject).toBe('Neues Passwort für Watchword');
    const page = await follow(linkIn(received), 'de-DE');
    const { button, done } = linkTexts.de.purposes.reset;
    await page.getByLabel('Neues Passwort').fill('short');
    await press(page, button);
    await page.getByText('Das Passwort muss mindestens 12 Zeichen haben.').waitFor();
    await page.getByLabel('Neues Passwort').fill('quite another passphrase');
    await press(page, button);
    await page.getByText(done).waitFor();
    expect((await login(person)).status).toBe(401);
    expect((await login({ ...person, password: 'quite another passphrase' })).status).toBe(200);
  });

  it('a new address takes both mails: the new one confirms it, or the old one locks the account', async () => {
    const confirms = async (locks: boolean) => {
      const { person, link } = await signUp();
      const page = await follow(link);
      await press(page, purposes.verify.button);
      await page.getByText(purposes.verify.done).waitFor();
      const { accessToken } = (await login(person)).json;
      const newEmail = somebody().email;
      const body = { newEmail, currentPassword: person.password };
      expect((await post('/auth/email', body, bearer(accessToken))).status).toBe(202);
      const purpose = locks ? 'freeze' : 'email';
      const received = await (locks ? mail.mailTo(person.email, 'email_changing') : mail.mailTo(newEmail, 'email'));
      const second = await follow(linkIn(received));
      await press(second, purposes[purpose].button);
      await second.getByText(purposes[purpose].done).waitFor();
      return [(await login(person)).status, (await login({ ...person, email: newEmail })).status];
    };
    expect(await confirms(false)).toEqual([401, 200]);
    expect(await confirms(true)).toEqual([401, 401]);
  });

  it('a magic link signs in to the browser in which it is clicked', async () => {
    const { person, link } = await signUp();
    const first = await follow(link);
    await press(first, purposes.verify.button);
    await first.getByText(purposes.verify.done).waitFor();
    expect((await post('/auth/magic/request', { email: person.email })).status).toBe(202);
    const page = await follow(linkIn(await mail.mailTo(person.email, 'magic')));
    const whoAmI = () => page.evaluate(async () => (await fetch('/auth/me')).json() as Promise<{ email?: string }>);
    expect(await whoAmI()).toMatchObject({ code: 'unauthenticated' });
    await press(page, purposes.magic.button);
    await page.getByText(purposes.magic.done).waitFor();
    expect(await whoAmI()).toMatchObject({ email: person.email });
  });

  it('an invitation asks for the first password, which then signs in', async () => {
    const { person } = await signUp();
    await own.query('UPDATE users SET password_hash = NULL, pending_until = NULL WHERE email = $1', [person.email]);
    await send(own, { kind: 'invite', address: person.email });
    const page = await follow(linkIn(await mail.mailTo(person.email, 'invite')));
    await page.getByLabel('New password').fill(person.password);
    await press(page, purposes.invite.button);
    await page.getByText(purposes.invite.done).waitFor();
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
    await press(page, purposes.device.button);
    await page.getByText(purposes.device.done).waitFor();
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
    await press(page, purposes.verify.button);
    await page.getByText(purposes.verify.done).waitFor();
    expect((await login(person)).status).toBe(200);
  });

  it.each(['verify%23token=', 'verify?token=', 'verify%2523token%253D'])(
    'a link rewritten to %s works',
    async (spelling) => {
      const { person, link } = await signUp();
      const page = await follow(link.replace('verify#token=', spelling));
      await press(page, purposes.verify.button);
      await page.getByText(purposes.verify.done).waitFor();
      expect((await login(person)).status).toBe(200);
    },
  );
});
