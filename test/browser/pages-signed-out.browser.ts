// The pages of a person who is not signed in, in a real Chromium on the real service.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, pressed, tabTo, watchedPage } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { call, type Person, register, somebody } from '../support/client.js';
import { linkIn, type MailServer, startMailServer } from '../support/mail-server.js';
import { type Service, startService, startServiceForTest } from '../support/service.js';

let browser: Browser;
let mail: MailServer;
/** Everybody may register at once. */
let service: Service;
/** Whoever registers confirms their address first. */
let verified: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService({ ALLOWED_ORIGINS: 'https://app.example.com', GUESS_DELAY_ACCOUNT_SECONDS: '30' });
  verified = await startService({ ...mail.settings, REGISTRATION: 'verified', MAGIC_LINKS: 'on' });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await verified?.stop();
  await mail?.close();
});

async function open(path: string, { at = service, ...options }: BrowserContextOptions & { at?: Service } = {}) {
  const watched = await watchedPage(browser, options);
  await watched.page.goto(`${at.url}/account/${path}`);
  await watched.page.getByRole('heading', { level: 1 }).waitFor();
  return watched;
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const email = (page: Page) => page.getByLabel(english('email'));
const password = (page: Page) => page.getByLabel(english('password'), { exact: true });

async function fillIn(page: Page, person: Person): Promise<void> {
  await email(page).fill(person.email);
  await password(page).fill(person.password);
}

async function signIn(page: Page, person: Person): Promise<void> {
  await fillIn(page, person);
  await pressed(page, english('sign-in.submit'));
}

const isSignedIn = (page: Page) => page.getByRole('button', { name: english('sign-out') }).waitFor();

/** The mail names the origin of PUBLIC_URL, which does not lead here. */
const follow = (page: Page, link: string) =>
  page.goto(link.replace(/^http:\/\/auth\.test\/\w+/, `${verified.url}/account`));

describe('signing in', () => {
  it('works by keyboard alone, with what password managers look for', async () => {
    const person = await register(service.url);
    const { page } = await open('sign-in');
    expect(await email(page).getAttribute('autocomplete')).toBe('username webauthn');
    expect(await password(page).getAttribute('autocomplete')).toBe('current-password');
    await tabTo(page, english('email'));
    await page.keyboard.insertText(person.email);
    await tabTo(page, english('password'));
    await page.keyboard.insertText(person.password);
    await tabTo(page, english('sign-in.remember'));
    await page.keyboard.press('Space');
    await tabTo(page, english('sign-in.submit'));
    await page.keyboard.press('Enter');
    await isSignedIn(page);
    const { sessions } = await page.evaluate(async () => (await fetch('/auth/sessions')).json() as Promise<Answer>);
    expect(sessions).toMatchObject([{ persistent: true, transport: 'cookie' }]);
  });

  it('says what is wrong, and the notice has the focus', async () => {
    const person = await register(service.url);
    const { page } = await open('sign-in');
    await signIn(page, { ...person, password: 'wrong' });
    await page.getByText(english('errors.invalid_credentials')).waitFor();
    await expect.poll(() => focused(page)).toBe(english('errors.invalid_credentials'));
    await signIn(page, person);
    await isSignedIn(page);
  });

  it('names the fields that are empty, and asks nothing', async () => {
    const { page, posts } = await open('sign-in');
    await pressed(page, english('sign-in.submit'));
    await expect.poll(() => page.getByText(english('errors.required')).count()).toBe(2);
    await expect.poll(() => focused(page)).toBe(english('email'));
    expect(await email(page).getAttribute('aria-invalid')).toBe('true');
    await email(page).fill('nobody');
    await password(page).fill('x');
    await pressed(page, english('sign-in.submit'));
    await page.getByText(english('errors.email')).waitFor();
    expect(posts().filter(({ url }) => url.endsWith('/auth/login'))).toEqual([]);
  });

  it('counts down after too many attempts, and can then be tried again', async () => {
    const person = await register(service.url);
    const { page } = await open('sign-in');
    const problem = { code: 'too_many_attempts', retryAfter: 3 };
    let asked = 0;
    await page.route('**/auth/login', (route) =>
      ++asked > 1
        ? route.continue()
        : route.fulfill({ status: 429, contentType: 'application/problem+json', json: problem }),
    );
    await signIn(page, person);
    await page.getByText(english('errors.too_many_attempts')).waitFor();
    await page.getByText(english('wait', { time: '2 seconds' })).waitFor();
    const button = page.getByRole('button', { name: english('sign-in.submit'), exact: true });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    expect(asked).toBe(1);
    await page.locator('button[type=submit][aria-disabled=false]').waitFor();
    await button.click();
    await isSignedIn(page);
  });

  it('posts once on a double click, and shows that it is under way', async () => {
    const person = await register(service.url);
    const { page, posts } = await open('sign-in');
    await page.route('**/auth/login', async (route) => {
      await page.locator('button[aria-busy=true]').waitFor();
      await route.continue();
    });
    await fillIn(page, person);
    await page.getByRole('button', { name: english('sign-in.submit'), exact: true }).dblclick();
    await isSignedIn(page);
    expect(posts().filter(({ url }) => url.endsWith('/auth/login'))).toHaveLength(1);
  });

  it('waits while the person is offline, and goes on when they are back', async () => {
    const person = await register(service.url);
    const { page } = await open('sign-in');
    await page.context().setOffline(true);
    await signIn(page, person);
    await page.getByText(english('offline')).waitFor();
    await page.context().setOffline(false);
    await isSignedIn(page);
  });

  it('offers another mail to a person whose address is not confirmed, and the mail signs them in', async () => {
    const person = somebody();
    await call(verified.url, 'POST', '/auth/register', { body: person });
    await mail.mailTo(person.email, 'verify');
    const { page } = await open('sign-in', { at: verified });
    await signIn(page, person);
    await page.getByText(english('errors.email_unverified')).waitFor();
    await pressed(page, english('check-mail.again'));
    await heading(page, english('check-mail.title')).waitFor();
    expect(await page.getByText(english('check-mail.verify', { email: person.email })).count()).toBe(1);
  });

  it('by a mailed link signs in the browser in which it is clicked', async () => {
    const person = await made();
    const { page } = await open('sign-in', { at: verified });
    await email(page).fill(person.email);
    await pressed(page, english('sign-in.by-link'));
    expect(await email(page).inputValue()).toBe(person.email);
    await pressed(page, english('link.submit'));
    await heading(page, english('check-mail.title')).waitFor();
    await follow(page, linkIn(await mail.mailTo(person.email, 'magic')));
    await pressed(page, english('mailed.magic.submit'));
    await page.getByText(english('mailed.magic.done')).waitFor();
    await page.getByRole('link', { name: english('to-account') }).click();
    await isSignedIn(page);
  });
});

interface Answer {
  readonly sessions: readonly object[];
}

/** A person whose address is confirmed. */
async function made(): Promise<Person> {
  const person = somebody();
  await call(verified.url, 'POST', '/auth/register', { body: person });
  const token = linkIn(await mail.mailTo(person.email, 'verify')).split('#token=')[1];
  await call(verified.url, 'POST', '/auth/email/verify', { body: { token } });
  return person;
}

describe('a person who is signed in already', () => {
  it('can go on, or use another account', async () => {
    const [person, other] = [await register(service.url), await register(service.url)];
    const { page } = await open('sign-in');
    await signIn(page, person);
    await isSignedIn(page);
    await page.goto(`${service.url}/account/sign-in`);
    await page.getByText(person.email).waitFor();
    await pressed(page, english('known.continue'));
    await isSignedIn(page);
    await page.goto(`${service.url}/account/sign-in`);
    await pressed(page, english('known.other'));
    await signIn(page, other);
    await page.getByRole('banner').getByText(other.email).waitFor();
  });
});

describe('signing out', () => {
  it('is one press away on every page of the account, and holds', async () => {
    const person = await register(service.url);
    const { page } = await open('sign-in');
    for (const name of ['', '/password', '/factors', '/devices', '/activity', '/delete']) {
      await page.goto(`${service.url}/account/sign-in`);
      await signIn(page, person);
      await isSignedIn(page);
      await page.goto(`${service.url}/account${name}`);
      await pressed(page, english('sign-out'));
      await heading(page, english('sign-in.title')).waitFor();
      const status = await page.evaluate(async () => (await fetch('/auth/refresh', { method: 'POST' })).status);
      expect(status).toBe(401);
    }
  });
});

describe('return_to', () => {
  it.each([
    ['an origin that is listed', 'https://app.example.com/page?x=1#y', 'https://app.example.com/page?x=1#y'],
    ['a path of our own', '/health/live?x', 'own:/health/live?x'],
    ['an origin that is not listed', 'https://evil.example/', 'own:/account'],
    ['a listed name as a part of another', 'https://app.example.com.evil.example/', 'own:/account'],
    ['another scheme', 'http://app.example.com/', 'own:/account'],
    ['another port', 'https://app.example.com:8443/', 'own:/account'],
    ['a host without a scheme', '//evil.example/', 'own:/account'],
    ['a host behind backslashes', '/\\evil.example/', 'own:/account'],
    ['a listed origin as the name of a user', 'https://app.example.com@evil.example/', 'own:/account'],
    ['a listed origin with the name of a user', 'https://x:y@app.example.com/', 'own:/account'],
    ['a script', 'javascript:alert(1)', 'own:/account'],
    ['a document', 'data:text/html,x', 'own:/account'],
    ['no address', 'http://', 'own:/account'],
  ])('to %s leads there, or is ignored', async (_, wish, target) => {
    const person = await register(service.url);
    const { page, sent } = await open(`sign-in?return_to=${encodeURIComponent(wish)}`);
    await page.route(/example/, (route) => route.fulfill({ body: 'somewhere else' }));
    await signIn(page, person);
    await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'));
    expect(page.url()).toBe(target.replace('own:', service.url));
    expect(sent.map(({ url }) => new URL(url).host).filter((host) => host.includes('evil'))).toEqual([]);
  });

  it('is kept on the way through the other pages', async () => {
    const { page } = await open(`sign-in?return_to=${encodeURIComponent('https://app.example.com/x')}`);
    await page.route(/example/, (route) => route.fulfill({ body: 'somewhere else' }));
    await page.getByRole('link', { name: english('sign-in.forgot') }).click();
    await page.getByRole('link', { name: english('back-to-sign-in') }).click();
    await page.getByRole('link', { name: english('register.submit') }).click();
    const person = somebody();
    await fillIn(page, person);
    await pressed(page, english('register.submit'));
    await page.waitForURL('https://app.example.com/x');
  });

  it('leads back to the page of the account that asked for the sign-in', async () => {
    const person = await register(service.url);
    const watched = await watchedPage(browser);
    await watched.page.goto(`${service.url}/account?x`);
    await heading(watched.page, english('sign-in.title')).waitFor();
    await signIn(watched.page, person);
    await isSignedIn(watched.page);
    expect(watched.page.url()).toBe(`${service.url}/account`);
  });
});

describe('registration', () => {
  it('that is open to everybody signs in at once, by keyboard alone', async () => {
    const person = somebody();
    const { page } = await open('register');
    expect(await password(page).getAttribute('autocomplete')).toBe('new-password');
    await tabTo(page, english('email'));
    await page.keyboard.insertText(person.email);
    await tabTo(page, english('password'));
    await page.keyboard.insertText(person.password);
    await tabTo(page, english('register.submit'));
    await page.keyboard.press('Enter');
    await isSignedIn(page);
  });

  it('of a taken address leads to the sign-in', async () => {
    const person = await register(service.url);
    const { page } = await open('register');
    await fillIn(page, person);
    await pressed(page, english('register.submit'));
    await page.getByText(english('errors.email_taken')).waitFor();
    await page.getByRole('link', { name: english('register.known-link') }).click();
    await heading(page, english('sign-in.title')).waitFor();
  });

  it('whose answer was lost is not called taken', async () => {
    const person = somebody();
    const { page } = await open('register');
    let tries = 0;
    await page.route('**/auth/register', async (route) => {
      if (++tries > 1) return route.continue();
      await register(service.url, person); // what the request does before its answer is lost
      return route.abort();
    });
    await fillIn(page, person);
    await pressed(page, english('register.submit'));
    await isSignedIn(page);
    expect(tries).toBe(2);
  });

  it('says what a password must be before it is typed', async () => {
    const { page } = await open('register');
    const hint = await password(page).evaluate((field) => field.getAttribute('aria-describedby')?.split(' ')[0]);
    expect(await page.locator(`[id="${hint}"]`).innerText()).toBe(english('password-hint', { length: 15 }));
  });

  it('gives the reason against a password in the language of the reader', async () => {
    const { page } = await open('register', { locale: 'de-DE' });
    await page.getByLabel(german('email')).fill(somebody().email);
    await page.getByLabel(german('password'), { exact: true }).fill('passwordpassword');
    await pressed(page, german('register.submit'));
    await page.getByText(/^Das Passwort ist zu leicht|^Das Passwort gehört/).waitFor();
    await expect.poll(() => focused(page)).toBe(german('password'));
  });

  it('that asks for a confirmed address says where to look, and sends the mail again after a pause', async () => {
    const person = somebody();
    const watched = await open('register', { at: verified });
    const { page, posts } = watched;
    await page.clock.install();
    await fillIn(page, person);
    await pressed(page, english('register.submit'));
    await heading(page, english('check-mail.title')).waitFor();
    await expect.poll(() => focused(page)).toBe(english('check-mail.title'));
    await mail.mailTo(person.email, 'verify');
    const again = page.getByRole('button', { name: /again/ });
    expect(await again.getAttribute('aria-disabled')).toBe('true');
    await page.clock.runFor(31_000);
    await pressed(page, english('check-mail.again'));
    await page.getByText(english('check-mail.repeated')).waitFor();
    expect(await again.getAttribute('aria-disabled')).toBe('true');
    expect(posts().filter(({ url }) => url.endsWith('/resend'))).toHaveLength(1);
    await expectNoFindings(watched);
  });

  it('that is closed says so, and nothing leads to it', async () => {
    const closed = await startServiceForTest({ REGISTRATION: 'closed' });
    const { page } = await open('register', { at: closed });
    await page.getByText(english('errors.registration_closed')).waitFor();
    expect(await page.getByRole('button', { name: english('register.submit') }).count()).toBe(0);
    await page.getByRole('link', { name: english('back-to-sign-in') }).click();
    await heading(page, english('sign-in.title')).waitFor();
    expect(await page.getByRole('link', { name: english('register.submit') }).count()).toBe(0);
  });
});

describe('a forgotten password', () => {
  it('is set anew by keyboard alone, from the mail to the sign-in', async () => {
    const person = await made();
    const { page } = await open('sign-in', { at: verified });
    await tabTo(page, english('sign-in.forgot'));
    await page.keyboard.press('Enter');
    await heading(page, english('forgot.title')).waitFor();
    await expect.poll(() => focused(page)).toBe(english('forgot.title'));
    await tabTo(page, english('email'));
    await page.keyboard.insertText(person.email);
    await page.keyboard.press('Enter');
    await heading(page, english('check-mail.title')).waitFor();
    await follow(page, linkIn(await mail.mailTo(person.email, 'reset')));
    await tabTo(page, english('new-password'));
    await page.keyboard.insertText('quite another passphrase');
    await page.keyboard.press('Enter');
    await page.getByText(english('mailed.reset.done')).waitFor();
    await tabTo(page, english('to-sign-in'));
    await page.keyboard.press('Enter');
    await signIn(page, { ...person, password: 'quite another passphrase' });
    await isSignedIn(page);
  });

  it('is mailed in the language that was chosen on the page', async () => {
    const person = await made();
    const { page } = await open('forgot', { at: verified, locale: 'en-GB' });
    await pressed(page, 'Deutsch');
    await heading(page, german('forgot.title')).waitFor();
    await page.getByLabel(german('email')).fill(person.email);
    await pressed(page, german('forgot.submit'));
    expect((await mail.mailTo(person.email, 'reset')).subject).toMatch(/^Neues Passwort/);
  });
});

describe('the language', () => {
  it('is the browser’s, can be changed without losing what was typed, and is kept', async () => {
    const { page, sent } = await open('sign-in', { locale: 'de-CH' });
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    const texts = () => sent.map(({ url }) => /(en|de)-[\w-]+\.js$/.exec(url)?.[1]).filter(Boolean);
    expect(texts()).toEqual(['de']);
    await page.getByLabel(german('email')).fill('ada@example.com');
    await pressed(page, 'English');
    await heading(page, english('sign-in.title')).waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    expect(await email(page).inputValue()).toBe('ada@example.com');
    expect(await page.title()).toContain(english('sign-in.title'));
    await page.reload();
    await heading(page, english('sign-in.title')).waitFor();
  });
});

describe('every page', () => {
  const pages = ['sign-in', 'register', 'forgot', 'check-mail', 'nothing'];

  it.each(['en-GB', 'de-DE'])(
    'keeps nobody out (%s), light or dark, at 320 px, and asks nothing of others',
    async (locale) => {
      for (const name of pages)
        await expectNoFindings(await open(name, { locale, viewport: { width: 320, height: 640 } }));
    },
  );

  it.each(['ffff00', 'ffffff', '000000', '808080', 'ff0000', '00ff00'])(
    'can be read with the accent %s',
    async (accent) => {
      const coloured = await startServiceForTest({ BRAND_ACCENT: accent, SUPPORT_CONTACT: 'help@example.com' });
      const watched = await open('sign-in', { at: coloured });
      const colour = await watched.page.evaluate("getComputedStyle(document.body).getPropertyValue('--accent')");
      expect(colour).toBe(`#${accent}`);
      await pressed(watched.page, english('sign-in.submit'));
      await expectNoFindings(watched);
    },
  );

  it.each(pages)('of the name %s keeps its size when the text is twice as large', async (name) => {
    const { page } = await open(name, { viewport: { width: 640, height: 512 } });
    await page.evaluate("document.documentElement.style.fontSize = '200%'").catch(() => undefined);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
