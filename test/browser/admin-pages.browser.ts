// How the pages for administrators look and speak, with answers that are written here. With the service's own: admin.browser.ts.
import type { BrowserContextOptions, Page, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { english, expectNoFindings, focused, german, pressed, tabTo } from '../support/account-page.js';
import { administrator, openAsAdministrator } from './support/admin-pages.js';
import { heading, openAt, reads, namedSite, typePassword } from './support/factor-pages.js';

const id = '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d';
const at = '2026-11-20T09:30:00Z';
const ada = {
  ...{ id, email: 'ada.at.a.rather.long.address.indeed@mail.example.com', emailVerified: true, role: 'user' },
  ...{ status: 'active', createdAt: at, disabledAt: null },
};
const grace = {
  ...ada,
  id: id.replace('0199', '0200'),
  email: 'grace@example.com',
  role: 'auditor',
  status: 'disabled',
};
const event = {
  ...{ id, at, type: 'login.failed', outcome: 'failure', userId: id, sessionId: null, ip: '2001:db8::1' },
  ...{ userAgent: null, requestId: 'r', details: { reason: 'wrong_password' } },
};
const session = {
  ...{ id, createdAt: at, lastSeenAt: at, ip: '192.0.2.7', persistent: true, transport: 'cookie', expiresAt: at },
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
};

interface World {
  users: object[];
  events: object[];
  sessions: object[];
  /** More pages than one. */
  next: string | undefined;
  refusals: { status: number; code: string }[];
  readonly asked: {
    method: string;
    path: string;
    query: Record<string, string>;
    body: unknown;
    tag: string | undefined;
  }[];
}

const newWorld = (given: Partial<World> = {}): World => ({
  ...{ users: [ada, grace], events: [event], sessions: [session], next: undefined, refusals: [], asked: [] },
  ...given,
});

function answersTo(path: string, world: World): object {
  const { users, events, sessions, next } = world;
  if (path === '/admin/users') return { users, ...(next ? { next } : {}) };
  if (path === '/admin/events') return { events, ...(next ? { next } : {}) };
  if (path.endsWith('/sessions')) return { sessions };
  if (path === '/admin/services')
    return {
      services: [
        { clientId: 'svc_orders', name: 'orders', scopes: ['introspect', 'revoke'], audiences: [], createdAt: at },
      ],
    };
  if (path === '/admin/keys') return { keys: keysOf(['signing', 'standby', 'retired', 'revoked']), nextRotationAt: at };
  if (path === '/admin/mail')
    return {
      ...{ waiting: 1, dead: 1, oldestSeconds: 90 },
      mails: [
        { id, kind: 'reset', attempts: 3, nextAttemptAt: at, deadAt: null, reason: 'the server is busy' },
        { id: `${id}2`, kind: 'verify', attempts: 1, nextAttemptAt: null, deadAt: at, reason: '550 no such user' },
      ],
    };
  if (path === '/admin/figures')
    return {
      ...{ roles: ['user', 'auditor', 'admin'], users: 1_204_311, sessions: 40_112 },
      ...{ lastHour: { signIns: 812, refusals: 44, alerts: 0 }, mailWaiting: 2, mailDead: 1, alertsWaiting: 0 },
    };
  const factors = [{ kind: 'totp', name: null, createdAt: at }];
  const identities = [{ id, provider: 'a', label: 'Authentik', email: null, linkedAt: at, lastUsedAt: null }];
  return { ...world.users[0], sessions: sessions.length, hasPassword: true, recoveryCodesLeft: 9, factors, identities };
}

const keysOf = (states: readonly string[]) =>
  states.map((state, n) => ({
    ...{ kid: `a-key-of-this-name-${n}`, state, publishedAt: at, bits: 3072 },
    alg: 'RS256',
  }));

async function answered(route: Route, world: World): Promise<void> {
  const request = route.request();
  const { pathname: path, searchParams } = new URL(request.url());
  const method = request.method();
  const tag = request.headers()['if-match'];
  const body: unknown = method === 'GET' ? undefined : request.postDataJSON();
  world.asked.push({ method, path, query: Object.fromEntries(searchParams), body, tag });
  const refusal = method === 'GET' && path === '/admin/figures' ? undefined : world.refusals.shift();
  if (refusal) return route.fulfill({ status: refusal.status, contentType: 'application/problem+json', json: refusal });
  if (method === 'DELETE') return route.fulfill({ status: 204 });
  if (method === 'POST' && path === '/admin/users') return route.fulfill({ status: 201, json: { user: grace } });
  if (path === '/admin/events.csv') return route.fulfill({ contentType: 'text/csv', body: 'id,at\r\n' });
  return route.fulfill({ json: answersTo(path, world), headers: { etag: '"7"' } });
}

const site = namedSite();

async function open(path: string, given: Partial<World> = {}, options: BrowserContextOptions = {}) {
  const world = newWorld(given);
  const watched = await openAsAdministrator(site.browser, site.pair, '', options);
  const { page } = watched;
  await page.route(/\/admin\/(?!.*account)/, (route) =>
    new URL(route.request().url()).pathname.startsWith('/admin/') ? answered(route, world) : route.continue(),
  );
  await page.goto(`${site.issuer}/account/${path}`);
  await page
    .getByRole('navigation', { name: (options.locale === 'de-DE' ? german : english)('admin.nav.label') })
    .waitFor();
  await page.locator('.loading').waitFor({ state: 'detached' });
  return { ...watched, world };
}

describe('every page', () => {
  const rooms = ['', '/users', `/users/${id}`, '/events', '/services', '/keys', '/mail'];

  it.each(rooms)('keeps nobody out, also at 320 px and in German (/account/admin%s)', async (room) => {
    const watched = await open(`admin${room}`, {}, { locale: 'en-GB' });
    await expectNoFindings(watched);
    const narrow = await open(`admin${room}`, {}, { locale: 'de-DE', viewport: { width: 320, height: 640 } });
    await expectNoFindings(narrow);
  });
});

const users = (page: Page) => page.getByRole('table', { name: english('admin.users.title') }).getByRole('row');
const onUsers = (world: World) => world.asked.filter(({ path }) => path === '/admin/users').map(({ query }) => query);
const stale = { status: 403, code: 'reauthentication_required', session: 'keep' };

describe('the users', () => {
  it('are found by keyboard alone, and the search is still there after Back', async () => {
    const watched = await open('admin/users');
    const { page, world } = watched;
    await tabTo(page, english('admin.users.prefix'));
    await page.keyboard.insertText('ada');
    await page.keyboard.press('Enter');
    await expect.poll(() => onUsers(world)).toContainEqual({ email: 'ada', limit: '50' });
    await page.getByLabel(english('admin.role')).first().selectOption('auditor');
    await page.getByLabel(english('admin.status')).selectOption('true');
    await pressed(page, english('admin.search'));
    const wanted = { email: 'ada', role: 'auditor', disabled: 'true', limit: '50' };
    await expect.poll(() => onUsers(world)).toContainEqual(wanted);
    expect(page.url()).not.toContain('ada'); // no address of a person in the address bar, or in a log
    await page.getByRole('link', { name: ada.email }).click();
    await heading(page, ada.email);
    world.asked.length = 0;
    await page.goBack();
    await heading(page, english('admin.users.title'));
    await expect.poll(() => onUsers(world)).toEqual([wanted]);
    await expect.poll(() => page.getByLabel(english('admin.users.prefix')).inputValue()).toBe('ada');
    await expectNoFindings(watched);
  });

  it('come a page at a time, and a page that is short is filled by asking on', async () => {
    const { page, world } = await open('admin/users', { next: 'cursor' });
    await reads(page, english('admin.some', { count: 10 })); // two of each of five pages
    expect(onUsers(world)).toHaveLength(5);
    world.next = undefined;
    await pressed(page, english('admin.more'));
    await reads(page, english('admin.all', { count: 12 }));
    expect(onUsers(world).at(-1)).toEqual({ limit: '50', after: 'cursor' });
    expect(await users(page).count()).toBe(13); // the head, too
  });

  it('that nobody fits are told so, and so is a search that is not at its end', async () => {
    const watched = await open('admin/users', { users: [], next: 'cursor' });
    const { page, world } = watched;
    await reads(page, english('admin.noneYet'));
    await expectNoFindings(watched);
    world.next = undefined;
    await pressed(page, english('admin.more'));
    await reads(page, english('admin.users.none'));
    expect(await page.getByRole('table').count()).toBe(0);
  });

  it('that cannot be read say why, and are asked for again', async () => {
    const refusals = [{ status: 503, code: 'unavailable' }];
    const watched = await open('admin/users', { refusals });
    const { page } = watched;
    await reads(page, english('errors.unavailable'));
    await expectNoFindings(watched);
    await pressed(page, english('account.tryAgain'));
    await users(page).first().waitFor();
  });

  it('are invited with a role and a reason, and one who is there already is told so', async () => {
    const watched = await open('admin/users');
    const { page, world } = watched;
    await pressed(page, english('admin.invite.begin'));
    await expect.poll(() => focused(page)).toBe(english('admin.invite.asks'));
    await expectNoFindings(watched);
    const form = page.locator('.asked');
    await form.getByLabel(english('email')).fill('grace@example.com');
    await form.getByLabel(english('admin.role')).selectOption('auditor');
    await form.getByLabel(english('admin.reason')).fill('Joins the audit');
    world.refusals.push({ status: 409, code: 'email_taken' });
    await pressed(page, english('admin.invite.submit'));
    await reads(page, english('admin.invite.taken'));
    await pressed(page, english('admin.invite.submit'));
    await reads(page, english('admin.invite.done', { email: 'grace@example.com' }));
    const body = { email: 'grace@example.com', role: 'auditor', reason: 'Joins the audit' };
    expect(world.asked.filter(({ method }) => method === 'POST').map((each) => each.body)).toEqual([body, body]);
  });
});

describe('an act', () => {
  const changes = (world: World) => world.asked.filter(({ method }) => method !== 'GET');

  it('says what it will do, asks once, and counts only for the state that was shown', async () => {
    const watched = await open(`admin/users/${id}`);
    const { page, world } = watched;
    await tabTo(page, english('admin.user.disable'));
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe(english('admin.user.disableAsks', { email: ada.email }));
    await expectNoFindings(watched);
    expect(changes(world)).toEqual([]);
    await tabTo(page, english('admin.user.disableNow'));
    world.users = [{ ...ada, status: 'disabled', disabledAt: at }];
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe(english('admin.user.disableDone'));
    expect(changes(world)).toEqual([
      { method: 'PATCH', path: `/admin/users/${id}`, query: {}, body: { disabled: true }, tag: '"7"' },
    ]);
    await page.getByRole('button', { name: english('admin.user.enable') }).waitFor();
    await expectNoFindings(watched);
  });

  it('is taken back by Cancel, and the focus returns to its button', async () => {
    const { page, world } = await open(`admin/users/${id}`);
    await pressed(page, english('admin.user.reset'));
    await pressed(page, english('cancel'));
    await expect.poll(() => focused(page)).toBe(english('admin.user.reset'));
    expect(changes(world)).toEqual([]);
  });

  it('on a user whom somebody else has changed meanwhile does nothing, and shows the new state', async () => {
    const watched = await open(`admin/users/${id}`);
    const { page, world } = watched;
    await pressed(page, english('admin.user.role'));
    await page.getByLabel(english('admin.role')).selectOption('admin');
    world.refusals.push({ status: 412, code: 'precondition_failed' });
    world.users = [{ ...ada, role: 'auditor' }];
    await page
      .locator('.asked')
      .getByRole('button', { name: english('admin.user.role') })
      .click();
    await reads(page, english('admin.user.meanwhile'));
    await page.getByRole('definition').filter({ hasText: 'auditor' }).waitFor();
    await expectNoFindings(watched);
  });

  it('that would leave no administrator is refused, and says what to do first', async () => {
    const watched = await open(`admin/users/${id}`, { refusals: [] });
    const { page, world } = watched;
    await pressed(page, english('admin.user.disable'));
    world.refusals.push({ status: 409, code: 'last_admin' });
    await pressed(page, english('admin.user.disableNow'));
    await reads(page, english('admin.user.lastAdmin'));
    await expectNoFindings(watched);
  });

  it.each([
    ['admin.user.reset', 'admin.user.resetNow', `POST /admin/users/${id}/password-reset`],
    ['admin.user.endAll', 'admin.user.endAllNow', `DELETE /admin/users/${id}/sessions`],
    ['admin.user.factors', 'admin.user.factorsNow', `DELETE /admin/users/${id}/factors`],
  ] as const)('takes a reason along (%s)', async (begin, submit, request) => {
    const { page, world } = await open(`admin/users/${id}`);
    await pressed(page, english(begin));
    await page.getByLabel(english('admin.reason')).fill('asked by phone');
    await pressed(page, english(submit));
    await page
      .getByRole('status')
      .filter({ has: page.locator('.icon') })
      .waitFor();
    const [change] = changes(world);
    expect(`${change?.method} ${change?.path}`).toBe(request);
    expect(change?.method === 'POST' ? change.body : change?.query).toEqual({ reason: 'asked by phone' });
  });

  it('needs a fresh proof, which is asked for in place, and keeps the reason that was typed', async () => {
    const watched = await open(`admin/users/${id}`);
    const { page, world, admin } = watched;
    await pressed(page, english('devices.endOf', { device: 'Firefox on Windows', time: '20 Nov 2026, 09:30' }));
    await page.getByLabel(english('admin.reason')).fill('a lost laptop');
    world.refusals.push(stale);
    await pressed(page, english('admin.user.endNow'));
    await heading(page, english('proof.title'), 2);
    await expectNoFindings(watched);
    await site.service.advance(30);
    await page.getByLabel(english('password'), { exact: true }).fill(admin.person.password);
    await page.keyboard.press('Enter');
    await page.getByLabel(english('factor.code')).fill(await admin.code());
    await reads(page, english('devices.ended', { device: 'Firefox on Windows' }));
    const [first, second] = changes(world);
    expect(first).toMatchObject({ method: 'DELETE', query: { reason: 'a lost laptop' } });
    expect(second).toEqual(first);
  });
});

describe('the pages as a whole', () => {
  it('open after a fresh proof, at the place that was asked for; without one they show nothing', async () => {
    const watched = await open('admin/keys', { refusals: [stale] });
    const { page, admin } = watched;
    await heading(page, english('proof.title'), 2);
    await expectNoFindings(watched);
    await pressed(page, english('cancel'));
    await reads(page, english('admin.unproven'));
    expect(await page.getByText('a-key-of-this-name').count()).toBe(0);
    await expectNoFindings(watched);
    await pressed(page, english('admin.prove'));
    await reads(page, 'a-key-of-this-name-0');
    expect(admin.userId).not.toBe('');
  });

  it('show services that there are none of, and mails that there are none of', async () => {
    const watched = await open('admin/services');
    const { page } = watched;
    const empty = (json: object) =>
      page.route(/\/admin\/(services|mail)$/, (route) =>
        new URL(route.request().url()).pathname.startsWith('/admin/') ? route.fulfill({ json }) : route.continue(),
      );
    await empty({ services: [], mails: [] });
    await page.reload();
    await reads(page, english('admin.services.none'));
    await page.getByRole('link', { name: english('admin.nav.mail') }).click();
    await reads(page, english('admin.mail.none'));
    await expectNoFindings(watched);
  });

  it.each(['admin/nothing', 'admin/users/nothing', `admin/users/${id}/more`, `admin/keys/${id}`])(
    'are no more than there are (/account/%s)',
    async (path) => {
      const { page } = await open(path);
      await heading(page, english('not-found.title'));
    },
  );
});

describe('the events', () => {
  it('are searched by user, type, address and day, and saved as a file', async () => {
    const watched = await open(`admin/events/${id}`, {}, { timezoneId: 'Europe/Berlin' });
    const { page, world } = watched;
    await reads(page, 'login.failed');
    expect(await page.getByLabel(english('admin.events.ofUser')).inputValue()).toBe(id);
    await page.getByLabel(english('admin.events.type'), { exact: true }).fill('login.failed');
    await page.getByLabel(english('admin.events.ip')).fill('2001:db8::1');
    await page.getByLabel(english('admin.events.since')).fill('2026-11-20');
    await page.getByLabel(english('admin.events.until')).fill('2026-11-20');
    await pressed(page, english('admin.search'));
    const filters = {
      ...{ user: id, type: 'login.failed', ip: '2001:db8::1' },
      ...{ from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z' }, // the reader's day
    };
    await expect.poll(() => world.asked.at(-1)?.query).toEqual({ ...filters, limit: '50' });
    await expectNoFindings(watched);
    world.refusals.push(stale);
    await pressed(page, english('admin.events.csv'));
    await heading(page, english('proof.title'), 2);
    await pressed(page, english('cancel'));
    const [file] = await Promise.all([page.waitForEvent('download'), pressed(page, english('admin.events.csv'))]);
    expect(file.suggestedFilename()).toBe('events.csv');
    expect(world.asked.at(-1)).toMatchObject({ path: '/admin/events.csv', query: filters });
  });

  it('that cannot be searched so say which field is wrong', async () => {
    const { page, world } = await open('admin/events');
    await page.getByLabel(english('admin.events.ip')).fill('no address');
    world.refusals.push({ status: 400, code: 'invalid_request', errors: [{ path: 'ip', message: 'no' }] } as never);
    await pressed(page, english('admin.search'));
    await reads(page, english('errors.field'));
    await expect.poll(() => focused(page)).toBe(english('admin.events.ip'));
  });
});

describe('somebody who is no administrator', () => {
  it('finds no such page, and no way to it', async () => {
    const somebody = await administrator(site.service, 'user');
    const watched = await openAsAdministrator(site.browser, site.pair, 'admin/users', {}, somebody);
    const { page, sent } = watched;
    await heading(page, english('not-found.title'));
    expect(await page.getByRole('link', { name: english('nav.admin') }).count()).toBe(0);
    expect(sent.filter(({ url }) => /\/admin\/|assets\/admin-/.test(url.replace('/account/admin', '')))).toEqual([]);
    await expectNoFindings(watched);
  });

  it('and is signed in nowhere is led to sign in, and back to the same place', async () => {
    const admin = await administrator(site.service);
    const { page } = await openAt(site.browser, `${site.issuer}/account/admin/users/${id}`);
    await heading(page, english('sign-in.title'));
    await page.route(/^[^?]*\/admin\/users\/.*|\/admin\/(events|figures)/, (route) =>
      new URL(route.request().url()).pathname.startsWith('/admin/') ? answered(route, newWorld()) : route.continue(),
    );
    await typePassword(page, admin.person);
    await page.getByLabel(english('factor.code')).fill(await admin.code());
    await heading(page, ada.email);
    expect(page.url()).toBe(`${site.issuer}/account/admin/users/${id}`);
  });
});
