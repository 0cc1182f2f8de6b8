// An administrator at work, in a real Chromium on the real service, and what the people concerned see of it.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { english, expectNoFindings, pressed } from '../support/account-page.js';
import { administrator as another, giveRole } from '../support/admins.js';
import { type Person, register } from '../support/client.js';
import type { Enrolled } from '../support/factors.js';
import { openAsAdministrator } from './support/admin-pages.js';
import { heading, isSignedIn, namedSite, openAt, reads, typePassword } from './support/factor-pages.js';

const site = namedSite({ ROLES: 'user,auditor,admin' });

const open = (path: string) => openAsAdministrator(site.browser, site.pair, path);

/** A person who is signed in, in a browser of their own. */
async function somebody(browser: Browser = site.browser) {
  const person = await register(site.service.url);
  const { page } = await openAt(browser, `${site.issuer}/account/sign-in`);
  await typePassword(page, person);
  await isSignedIn(page);
  return { person, page };
}

/** From the front page to the page of the person, by the beginning of their address. */
async function find(page: Page, { email }: Person): Promise<void> {
  await page.getByRole('link', { name: english('admin.nav.users') }).click();
  await page.getByLabel(english('admin.users.prefix')).fill(email.slice(0, 20).toUpperCase());
  await pressed(page, english('admin.search'));
  await reads(page, english('admin.all', { count: 1 }));
  await page.getByRole('link', { name: email }).click();
  await heading(page, email);
}

async function prove(page: Page, { person, code }: Enrolled): Promise<void> {
  await heading(page, english('proof.title'), 2);
  await page.getByLabel(english('password'), { exact: true }).fill(person.password);
  await page.keyboard.press('Enter');
  await page.getByLabel(english('factor.code')).fill(await code());
}

const definition = (page: Page, text: string) => page.getByRole('definition').filter({ hasText: text });

describe('an administrator', () => {
  it('finds a user and changes their role, which their next page shows', async () => {
    const { person, page: theirs } = await somebody();
    const watched = await open('admin');
    const { page, admin } = watched;
    await find(page, person);
    await pressed(page, english('admin.user.role'));
    await page.getByLabel(english('admin.role')).selectOption('auditor');
    await page.getByLabel(english('admin.reason')).fill('Joins the audit');
    await page
      .locator('.asked')
      .getByRole('button', { name: english('admin.user.role') })
      .click();
    await reads(page, english('admin.user.roleDone', { role: 'auditor' }));
    await definition(page, 'auditor').waitFor();
    const event = page.getByRole('row').filter({ hasText: 'role.changed' });
    await expect.poll(() => event.innerText()).toContain('reason: Joins the audit');
    expect(await event.innerText()).toContain(admin.userId);
    await expectNoFindings(watched);

    await theirs.getByRole('link', { name: english('nav.devices') }).click();
    await heading(theirs, english('devices.title'));
    await theirs.getByRole('link', { name: english('nav.profile') }).click();
    await definition(theirs, 'auditor').waitFor();
    await theirs.getByRole('link', { name: english('nav.activity') }).click();
    await theirs
      .getByText(english('activity.event.role_changed', { from: english('account.user'), to: 'auditor' }))
      .waitFor();
    expect(await theirs.locator('main').innerText()).not.toMatch(/Joins the audit/);
  });

  it('disables a user, whose browser is signed out, and enables them again', async () => {
    const { person, page: theirs } = await somebody();
    const { page } = await open('admin');
    await find(page, person);
    await pressed(page, english('admin.user.disable'));
    await pressed(page, english('admin.user.disableNow'));
    await reads(page, english('admin.user.disableDone'));
    await reads(page, english('admin.user.noSessions'));
    await theirs.getByRole('link', { name: english('nav.devices') }).click();
    await heading(theirs, english('ended.title'));
    await pressed(page, english('admin.user.enable'));
    await pressed(page, english('admin.user.enableNow'));
    await reads(page, english('admin.user.enableDone'));
    await theirs.getByRole('link', { name: english('sign-in.submit') }).click();
    await typePassword(theirs, person);
    await heading(theirs, english('devices.title'));
  });

  it('ends one session of a user, and then all', async () => {
    const { person, page: theirs } = await somebody();
    const { page } = await open('admin');
    await find(page, person);
    await page
      .getByRole('list', { name: english('admin.user.sessions') })
      .getByRole('button')
      .click();
    await pressed(page, english('admin.user.endNow'));
    await reads(page, english('admin.user.noSessions'));
    await theirs.reload();
    await heading(theirs, english('sign-in.title'));
    await typePassword(theirs, person);
    await isSignedIn(theirs);
    await page.reload();
    await pressed(page, english('admin.user.endAll'));
    await pressed(page, english('admin.user.endAllNow'));
    await reads(page, english('admin.user.endedAll'));
    await theirs.reload();
    await heading(theirs, english('sign-in.title'));
  });

  it('whose page is older than the change of a colleague changes nothing, and sees the change', async () => {
    const { person } = await somebody();
    const watched = await open('admin');
    const { page } = watched;
    await find(page, person);
    const colleague = await another(site.service);
    const userId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await colleague.ask('PATCH', `/admin/users/${userId}`, { body: { role: 'auditor' } });
    await pressed(page, english('admin.user.disable'));
    await pressed(page, english('admin.user.disableNow'));
    await reads(page, english('admin.user.meanwhile'));
    await definition(page, 'auditor').waitFor();
    await definition(page, english('admin.status.active')).waitFor();
    await expectNoFindings(watched);
  });

  it('whose proof is older than 15 minutes shows who they are once more, and is where they wanted to be', async () => {
    const { page, admin } = await open('admin/users');
    await page.getByRole('table').waitFor();
    await site.service.advance(910);
    await page.getByRole('link', { name: english('admin.nav.keys') }).click();
    await heading(page, english('admin.keys.title'));
    await prove(page, admin);
    await page.getByRole('table').waitFor();
    await page.getByRole('link', { name: english('admin.nav.events') }).click();
    await page.getByRole('table').waitFor();
  });

  it('whose role was taken a moment ago finds no such page any more, and no way to it', async () => {
    const watched = await open('admin/users');
    const { page, admin } = watched;
    await page.getByRole('table').waitFor();
    await giveRole(site.service, admin.userId, 'user');
    await page.getByRole('link', { name: english('admin.nav.events') }).click();
    await heading(page, english('not-found.title'));
    await expect.poll(() => page.getByRole('link', { name: english('nav.admin') }).count()).toBe(0);
    expect(await page.getByRole('table').count()).toBe(0);
  });

  it('looks for events of one type, and saves them as a file', async () => {
    const { person } = await somebody();
    const watched = await open('admin');
    const { page } = watched;
    await find(page, person);
    await page.getByRole('link', { name: english('admin.user.allEvents') }).click();
    await page.getByRole('row').filter({ hasText: 'user.registered' }).waitFor();
    await page.getByLabel(english('admin.events.type'), { exact: true }).fill('login.succeeded');
    await pressed(page, english('admin.search'));
    await reads(page, english('admin.all', { count: 1 }));
    const [file] = await Promise.all([page.waitForEvent('download'), pressed(page, english('admin.events.csv'))]);
    await reads(page, english('admin.events.csvDone'));
    const [head, ...rows] = readFileSync(await file.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(head).toContain('type');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain('login.succeeded');
    await page.getByLabel(english('admin.events.type'), { exact: true }).fill('login.failed');
    await pressed(page, english('admin.search'));
    await reads(page, english('admin.events.none'));
    await expectNoFindings(watched);
  });

  it('sees figures, services, keys and the mail queue', async () => {
    const watched = await open('admin');
    const { page } = watched;
    await reads(page, english('admin.figures.sessions'));
    await page.getByRole('link', { name: english('admin.nav.services') }).click();
    await reads(page, english('admin.services.none'));
    await page.getByRole('link', { name: english('admin.nav.keys') }).click();
    await page.getByRole('table').getByText(english('admin.keys.state.signing')).waitFor();
    await page.getByRole('link', { name: english('admin.nav.mail') }).click();
    await reads(page, english('admin.mail.none'));
    await expectNoFindings(watched);
  });
});
