// An administrator with two factors, on the pages for administrators.
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { english, german, type Watched } from '../../support/account-page.js';
import { type Enrolled, enrolled } from '../../support/factors.js';
import type { Service } from '../../support/service.js';
import { heading, openAt } from './factor-pages.js';

/** @param role of the person; the pages are for `admin` */
export async function administrator(service: Service, role = 'admin'): Promise<Enrolled> {
  const admin = await enrolled(service);
  await service.query('UPDATE users SET role = $2 WHERE id = $1', [admin.userId, role]);
  return admin;
}

/** @param path behind `/account/` */
export async function openAsAdministrator(
  browser: Browser,
  [service, issuer]: readonly [Service, string],
  path: string,
  options: BrowserContextOptions = {},
  given?: Enrolled,
): Promise<Watched & { readonly admin: Enrolled }> {
  const admin = given ?? (await administrator(service));
  const text = options.locale === 'de-DE' ? german : english;
  const watched = await openAt(browser, `${issuer}/account/sign-in?return_to=/account/${path}`, options);
  const { page } = watched;
  await page.getByLabel(text('email')).fill(admin.person.email);
  await page.getByLabel(text('password'), { exact: true }).fill(admin.person.password);
  await page.keyboard.press('Enter');
  await heading(page, text('factor.title'));
  await page.getByLabel(text('factor.code')).fill(await admin.code());
  await page.getByRole('button', { name: text('sign-out') }).waitFor();
  return { ...watched, admin };
}
