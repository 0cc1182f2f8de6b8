// The pages that links in mails open, in a real Chromium.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenPurposes } from '../../src/database/schema/vocabularies.js';
import { english, expectNoFindings, focused, german, pressed, tabTo, watchedPage } from '../support/account-page.js';
import { pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { call } from '../support/client.js';
import { type Service, startService } from '../support/service.js';

let browser: Browser;
let service: Service;
beforeAll(async () => {
  service = await startService({ MAGIC_LINKS: 'on' });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

/** Whose page posts the token on a click: that of `enrol` goes beside a sign-in. */
const clicked = tokenPurposes.filter((purpose) => purpose !== 'enrol');
const token = `wot_${'x'.repeat(71)}`;
const passphrase = 'a passphrase of the reader';
const linkOf = (purpose: string) => `/account/${purpose}#token=${token}`;
const asksPassword = (purpose: string) => purpose === 'reset' || purpose === 'invite';
/** What the service answers to somebody who has signed in. */
const tokenAnswer = {
  user: { id: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d', email: 'ada@example.com', role: 'user', emailVerified: true },
  session: {
    id: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3e',
    expiresAt: '2100-01-01T00:00:00Z',
    persistent: false,
    generation: 0,
  },
  accessTokenExpiresAt: '2100-01-01T00:00:00Z',
  refreshAt: '2100-01-01T00:00:00Z',
  expiresIn: 900,
  refreshIn: 600,
};

interface Answered {
  readonly status: number;
  readonly body?: object;
}

/** Opens a link. `answers`: what the service would answer; the texts for it are the page's own. */
async function open(path: string, { answers = [], locale = 'en-GB', width = 1280 }: Opening = {}) {
  const watched = await watchedPage(browser, { locale, viewport: { width, height: 800 } });
  if (answers.length > 0)
    await watched.page.route('**/auth/**', (route) => {
      const { status, body } = answers.shift() ?? { status: 500 };
      const type = status < 400 ? 'application/json' : 'application/problem+json';
      return route.fulfill({ status, ...(body ? { contentType: type, json: body } : {}) });
    });
  await watched.page.goto(`${service.url}${path}`);
  await watched.page.getByRole('heading', { level: 1 }).waitFor();
  return watched;
}

interface Opening {
  readonly answers?: Answered[];
  readonly locale?: string;
  readonly width?: number;
}

const fill = async (page: Page) => {
  const field = page.getByLabel(english('new-password'));
  if (await field.count()) await field.fill(passphrase);
};
const click = async (page: Page, purpose: (typeof clicked)[number]) => {
  await fill(page);
  await pressed(page, english(`mailed.${purpose}.submit`));
};

describe('the page of a mailed link', () => {
  it.each(clicked)('of %s posts its token on a click, once, and says what happened', async (purpose) => {
    const answer = purpose === 'magic' ? { status: 200, body: tokenAnswer } : { status: 204 };
    const { page, posts, troubles } = await open(linkOf(purpose), { answers: [answer] });
    expect(await page.getByRole('heading').innerText()).toBe(english(`mailed.${purpose}.title`));
    expect(posts()).toEqual([]);
    expect(await page.getByLabel(english('new-password')).count()).toBe(asksPassword(purpose) ? 1 : 0);
    await fill(page);
    await page.getByRole('button', { name: english(`mailed.${purpose}.submit`), exact: true }).dblclick();
    await page.getByText(english(`mailed.${purpose}.done`)).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([
      { token, ...(asksPassword(purpose) ? { newPassword: passphrase } : {}) },
    ]);
    expect(await page.getByRole('button', { name: english(`mailed.${purpose}.submit`) }).count()).toBe(0);
    await expect.poll(() => focused(page)).toContain(english(`mailed.${purpose}.done`));
    expect(troubles).toEqual([]);
  });

  it.each(clicked)('of %s works by keyboard alone, and the answer has the focus', async (purpose) => {
    const answer = purpose === 'magic' ? { status: 200, body: tokenAnswer } : { status: 204 };
    const { page, posts } = await open(linkOf(purpose), { answers: [answer] });
    if (asksPassword(purpose)) {
      await tabTo(page, english('new-password'));
      await page.keyboard.insertText(passphrase); // as a paste does
      await tabTo(page, `${english('show')} ${english('show-what')}`);
      await page.keyboard.press('Space');
      await page.locator('input[name=newPassword][type=text]').waitFor();
    }
    await tabTo(page, english(`mailed.${purpose}.submit`));
    await page.keyboard.press('Enter');
    await page.getByText(english(`mailed.${purpose}.done`)).waitFor();
    expect(posts()).toHaveLength(1);
    await expect.poll(() => focused(page)).toContain(english(`mailed.${purpose}.done`));
  });

  it.each(['en-GB', 'de-DE'])('keeps nobody out (%s), light or dark, at 320 px', async (locale) => {
    for (const purpose of clicked) await expectNoFindings(await open(linkOf(purpose), { locale, width: 320 }));
  });

  it('reads German for a reader of German', async () => {
    const { page } = await open(linkOf('verify'), { locale: 'de-AT', answers: [{ status: 204 }] });
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    await pressed(page, german('mailed.verify.submit'));
    await page.getByText(german('mailed.verify.done')).waitFor();
  });

  it('without JavaScript says that it needs it', async () => {
    const page = await pageOf(browser, { javaScriptEnabled: false });
    await page.goto(`${service.url}${linkOf('verify')}`);
    expect(await page.locator('noscript').innerText()).toContain('JavaScript');
  });

  it('without a token asks for the whole link, and posts nothing', async () => {
    const { page, posts } = await open('/account/verify');
    expect(await page.getByRole('status').innerText()).toBe(english('mailed.missing'));
    expect(await page.getByRole('button', { name: english('mailed.verify.submit') }).count()).toBe(0);
    expect(posts()).toEqual([]);
  });
});

describe('an answer', () => {
  it.each([
    ['a spent link', 400, { code: 'token_invalid' }, english('mailed.invalid')],
    ['too many attempts', 429, { code: 'too_many_attempts', retryAfter: 7 }, english('wait', { time: '7 seconds' })],
    ['a service that is down', 503, { code: 'unavailable' }, english('errors.unavailable')],
    ['a proxy that answers by itself', 502, undefined, english('errors.unavailable')],
    ['a success that is not known everywhere', 503, { code: 'revocation_unconfirmed' }, english('mailed.unconfirmed')],
    [
      'an unknown refusal',
      403,
      { code: 'of_a_later_release' },
      english('errors.failed', { code: 'of_a_later_release' }),
    ],
  ])('about %s is a sentence', async (_, status, body, sentence) => {
    const { page } = await open(linkOf('reset'), { answers: [{ status, ...(body ? { body } : {}) }] });
    await click(page, 'reset');
    await page.getByText(sentence).waitFor();
    await expect.poll(() => focused(page)).toContain(sentence);
    const isOver = body?.code === 'token_invalid' || body?.code === 'revocation_unconfirmed';
    expect(await page.getByRole('button', { name: english('mailed.reset.submit') }).count()).toBe(isOver ? 0 : 1);
  });

  it.each([
    ['en-GB', english],
    ['de-DE', german],
  ] as const)(
    'that refuses the password gives the reason (%s), and the same link works with another',
    async (locale, t) => {
      const errors = [{ path: 'newPassword', message: 'The password is one of the most common ones. Choose another.' }];
      const answers = [{ status: 422, body: { code: 'password_rejected', errors } }, { status: 204 }];
      const { page, posts } = await open(linkOf('reset'), { answers, locale });
      const field = page.getByLabel(t('new-password'));
      await field.fill(passphrase);
      await pressed(page, t('mailed.reset.submit'));
      await page.getByText(t('reasons.common')).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      await expect.poll(() => focused(page)).toBe(t('new-password'));
      await field.fill(`another ${passphrase}`);
      await pressed(page, t('mailed.reset.submit'));
      await page.getByText(t('mailed.reset.done')).waitFor();
      expect(posts()).toHaveLength(2);
    },
  );

  it('is not asked for while the password is too short', async () => {
    const { page, posts } = await open(linkOf('reset'));
    await page.getByLabel(english('new-password')).fill('short');
    await pressed(page, english('mailed.reset.submit'));
    await page.getByText(english('reasons.short', { count: 15 })).waitFor();
    expect(posts()).toEqual([]);
  });

  it('that does not come is asked for again by itself, on the click that was made', async () => {
    const { page, posts } = await open(linkOf('verify'));
    let lost = 0;
    await page.route('**/auth/**', (route) => (++lost < 3 ? route.abort() : route.fulfill({ status: 204 })));
    await click(page, 'verify');
    await page.getByText(english('unreached')).waitFor();
    await page.getByText(english('mailed.verify.done')).waitFor();
    expect(posts()).toHaveLength(3);
  });

  it('that was lost after it was done is not called a failure', async () => {
    const { page } = await open(linkOf('verify'));
    let lost = 0;
    const problem = { contentType: 'application/problem+json', json: { code: 'token_invalid' } };
    await page.route('**/auth/**', (route) =>
      ++lost < 2 ? route.abort() : route.fulfill({ status: 400, ...problem }),
    );
    await click(page, 'verify');
    await page.getByText(english('mailed.perhaps')).waitFor();
  });

  it('that takes its time shows that it is under way', async () => {
    const { page, posts } = await open(linkOf('verify'));
    const held: (() => Promise<void>)[] = [];
    await page.route('**/auth/**', (route) => void held.push(() => route.fulfill({ status: 204 })));
    const button = page.getByRole('button', { name: english('mailed.verify.submit') });
    await button.click();
    await page.locator('button[aria-busy="true"]').waitFor();
    await button.click({ force: true });
    expect(posts()).toHaveLength(1);
    await Promise.all(held.map((answer) => answer()));
    await page.getByText(english('mailed.verify.done')).waitFor();
  });
});

describe('the token', () => {
  it.each([
    ['as it is mailed', `/account/verify#token=${token}`],
    ['with its fragment encoded', `/account/verify%23token=${token}`],
    ['encoded twice', `/account/verify%2523token%253D${token}`],
    ['as a query', `/account/verify?token=${token}`],
    ['behind what a rewriter adds', `/account/verify?utm_source=mail#token=${token}`],
    ['before what a rewriter adds', `/account/verify#token=${token}&utm_source=mail`],
  ])('%s is found, and leaves the address bar at once', async (_, path) => {
    const { page, posts } = await open(path, { answers: [{ status: 204 }] });
    expect(page.url()).toBe(`${service.url}/account/verify`);
    expect(await page.evaluate('JSON.stringify([history.length, history.state, document.cookie])')).toBe('[2,null,""]');
    await click(page, 'verify');
    await page.getByText(english('mailed.verify.done')).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([{ token }]);
  });

  it('reaches no log, no Referer, no storage and no address of a request', async () => {
    const { page, sent } = await open(linkOf('verify'));
    await click(page, 'verify');
    await page.getByText(english('mailed.invalid')).waitFor();
    expect(sent.filter(({ url }) => url.includes(token))).toEqual([]);
    expect(sent.flatMap(({ headers }) => Object.values(headers)).filter((value) => value.includes('wot_'))).toEqual([]);
    expect(sent.map(({ headers }) => headers['referer']).filter(Boolean)).toEqual([]);
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain('wot_');
    for (const path of [`verify%23token=${token}`, `verify?token=${token}`, `nothing%23token=${token}`])
      await call(service.url, 'GET', `/account/${path}`);
    expect(JSON.stringify(service.log)).not.toContain('wot_xxxx');
  });

  it('is not lost with the texts of the page, which are then loaded again', async () => {
    const { page, posts } = await watchedPage(browser);
    let lost = 0;
    await page.route(/\/assets\/en-/, (route) => (++lost > 1 ? route.continue() : route.abort()));
    await page.goto(`${service.url}${linkOf('verify')}`);
    await click(page, 'verify');
    await page.getByText(english('mailed.invalid')).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([{ token }]);
    expect(page.url()).toBe(`${service.url}/account/verify`);
  });

  it('of a second link in the same tab takes the place of the first', async () => {
    const { page, posts } = await open(linkOf('verify'), { answers: [{ status: 204 }] });
    const second = `wot_${'y'.repeat(71)}`;
    await page.evaluate(`location.hash = 'token=${second}'`);
    await page.waitForURL(`${service.url}/account/verify`);
    await click(page, 'verify');
    await page.getByText(english('mailed.verify.done')).waitFor();
    expect(posts().map(({ body }) => body)).toEqual([{ token: second }]);
  });

  it('does not come back by Back after it was used', async () => {
    const { page, posts } = await open(linkOf('reset'), { answers: [{ status: 204 }] });
    await click(page, 'reset');
    await page.getByRole('link', { name: english('to-sign-in') }).click();
    await page.getByRole('heading', { name: english('sign-in.title') }).waitFor();
    await page.goBack();
    await page.getByText(english('mailed.missing')).waitFor();
    expect(page.url()).toBe(`${service.url}/account/reset`);
    expect(await page.getByRole('button', { name: english('mailed.reset.submit') }).count()).toBe(0);
    expect(posts().filter(({ body }) => JSON.stringify(body).includes(token))).toHaveLength(1);
  });
});
