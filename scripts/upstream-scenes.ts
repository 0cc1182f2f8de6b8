// The pages about providers in the states that people see them in. The service's answers are given here.
import type { Page } from 'playwright-core';
import type { Scene } from './page-scenes.js';

const identity = {
  ...{ id: 'a', provider: 'authentik', label: 'Authentik', email: 'ada@sso.example.com' },
  ...{ linkedAt: '2026-11-20T09:12:00Z', lastUsedAt: '2026-11-27T08:03:00Z' },
};
const problem = (status: number, code: string) => ({
  status,
  contentType: 'application/problem+json',
  json: { status, code, session: 'keep' },
});

const answer = (page: Page, path: string, response: object) =>
  page.route(`**/auth/${path}`, (route) => route.fulfill(response));

/** The page anew, where so much is connected. */
async function shows(
  page: Page,
  identities: readonly object[],
  { query = '', hasPassword = true } = {},
): Promise<void> {
  await answer(page, 'identities', { json: { identities, hasPassword } });
  await page.goto(page.url().replace(/\?.*/, '') + query);
  await page.locator('.loading').waitFor({ state: 'detached' });
  await page.locator('h1').waitFor();
}

const own = { isSignedIn: true, path: 'connections' } as const;

const disconnects = async (page: Page, refusal: object) => {
  await answer(page, 'identities/a', refusal);
  await page.locator('.entries button').click();
  await page.locator('.entries .grave').click();
};

export const upstreamScenes: readonly Scene[] = [
  { name: 'sign-in-link-required', path: 'sign-in?upstream=authentik&error=link_required' },
  { name: 'sign-in-declined', path: 'sign-in?upstream=authentik&error=upstream_declined' },
  { name: 'known-refused', isSignedIn: true, path: 'sign-in?upstream=authentik&error=upstream_request_invalid' },
  { ...own, name: 'connections', act: (page) => shows(page, [identity]) },
  { ...own, name: 'connections-none', act: (page) => shows(page, []) },
  {
    ...own,
    name: 'connections-wanted',
    act: (page) => shows(page, [], { query: '?connect=authentik&return_to=/account/devices' }),
  },
  { ...own, name: 'connections-done', act: (page) => shows(page, [identity], { query: '?connected=authentik' }) },
  {
    ...own,
    name: 'connections-taken',
    act: (page) => shows(page, [], { query: '?upstream=authentik&error=identity_taken' }),
  },
  {
    ...own,
    name: 'connections-question',
    act: async (page) => {
      await shows(page, [identity]);
      await page.locator('.entries button').click();
      await page.locator('.question').waitFor();
    },
  },
  {
    ...own,
    name: 'connections-last',
    act: async (page) => {
      await shows(page, [identity]);
      await disconnects(page, problem(409, 'last_factor'));
      await page.getByRole('alert').waitFor();
    },
  },
  {
    ...own,
    name: 'connections-proof',
    act: async (page) => {
      await shows(page, [identity]);
      await disconnects(page, problem(403, 'reauthentication_required'));
      await page.locator('.proof a').waitFor();
    },
  },
  {
    ...own,
    name: 'connections-no-password',
    act: async (page) => {
      await shows(page, [identity], { hasPassword: false });
      await disconnects(page, problem(403, 'reauthentication_required'));
      await page.locator('.proof a').waitFor();
    },
  },
];
