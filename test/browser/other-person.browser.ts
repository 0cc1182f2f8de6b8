// What an account page shows when its person is not the one any more: in another tab, or after Back.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { english, watchedPage } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { type Person, register } from '../support/client.js';
import { type Service, startService } from '../support/service.js';

let browser: Browser;
let service: Service;
beforeAll(async () => {
  service = await startService();
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel(english('email')).fill(email);
  await page.getByLabel(english('password'), { exact: true }).fill(password);
  await page.getByRole('button', { name: english('sign-in.submit'), exact: true }).click();
  await page.getByRole('button', { name: english('sign-out') }).waitFor();
}

async function signedIn(): Promise<{ page: Page; person: Person }> {
  const person = await register(service.url);
  const { page } = await watchedPage(browser);
  await page.goto(`${service.url}/account`);
  await signIn(page, person);
  await page.getByRole('definition').getByText(person.email).waitFor();
  return { page, person };
}

it('a page keeps nothing of a person when somebody else signs in in another tab', async () => {
  const { page, person } = await signedIn();
  await page.getByLabel(english('profile.newEmail')).fill('typed by the first person');
  const second = await register(service.url);
  const tab = await page.context().newPage();
  await tab.goto(`${service.url}/account/sign-in`);
  await tab.getByRole('button', { name: english('known.other') }).click();
  await signIn(tab, second);
  await page.getByRole('definition').getByText(second.email).waitFor();
  expect(await page.getByText(person.email).count()).toBe(0);
  expect(await page.getByLabel(english('profile.newEmail')).inputValue()).toBe('');
});

it('a page that Back brings back as it was left asks who is signed in', async () => {
  const { page, person } = await signedIn();
  await page.context().clearCookies(); // as an app of another origin signs out: no message comes
  await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
  await page.getByRole('heading', { level: 1, name: english('ended.title') }).waitFor();
  expect(await page.getByText(person.email).count()).toBe(0);
});
