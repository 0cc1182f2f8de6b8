// The account pages in the states that people see them in, for their pictures (page-images.ts).
import type { Page } from 'playwright-core';

export interface World {
  /** The address of the service. */
  readonly url: string;
  readonly email: string;
  readonly password: string;
}

export interface Scene {
  readonly name: string;
  readonly isSignedIn?: boolean;
  readonly path: string;
  /** What the person does on the page before the picture is taken. The buttons' names depend on the language. */
  readonly act?: (page: Page, world: World) => Promise<unknown>;
}

const token = `#token=wot_${'x'.repeat(71)}`;
const submit = (page: Page) => page.locator('form button[type=submit]').click();
const fill = (page: Page, name: string, text: string) => page.locator(`input[name=${name}]`).fill(text);

/** What the service would answer. */
const answers = (page: Page, status: number, body?: object) =>
  page.route('**/auth/**', (route) =>
    route.fulfill({ status, ...(body ? { contentType: 'application/problem+json', json: body } : {}) }),
  );

const spent = async (page: Page) => {
  await answers(page, 204);
  await submit(page);
  await page.getByRole('status').filter({ hasText: /\./ }).last().waitFor();
};

const mailed = ['verify', 'email', 'magic', 'device', 'freeze'].map((path): Scene => ({
  name: path,
  path: path + token,
}));

export const scenes: readonly Scene[] = [
  { name: 'sign-in', path: 'sign-in' },
  {
    name: 'sign-in-refused',
    path: 'sign-in',
    act: async (page, { email }) => {
      await fill(page, 'email', email);
      await fill(page, 'password', 'not the right one');
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'sign-in-wait',
    path: 'sign-in',
    act: async (page, { email }) => {
      await answers(page, 429, { status: 429, code: 'too_many_attempts', retryAfter: 90 });
      await fill(page, 'email', email);
      await fill(page, 'password', 'not the right one');
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'sign-in-unreached',
    path: 'sign-in',
    act: async (page, { email }) => {
      await page.route('**/auth/**', (route) => route.abort());
      await fill(page, 'email', email);
      await fill(page, 'password', 'a long password');
      await submit(page);
      await page.getByRole('status').filter({ hasText: '…' }).last().waitFor();
    },
  },
  { name: 'register', path: 'register' },
  {
    name: 'register-refused',
    path: 'register',
    act: async (page) => {
      await fill(page, 'email', 'ada');
      await fill(page, 'password', 'too short');
      await submit(page);
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
  },
  { name: 'forgot', path: 'forgot' },
  {
    name: 'check-mail',
    path: 'forgot',
    act: async (page, { email }) => {
      await fill(page, 'email', email);
      await submit(page);
      await page.waitForURL('**/check-mail');
    },
  },
  ...mailed,
  { name: 'verify-done', path: `verify${token}`, act: spent },
  {
    name: 'verify-spent',
    path: `verify${token}`,
    act: async (page) => {
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'verify-missing', path: 'verify' },
  { name: 'reset', path: `reset${token}` },
  { name: 'invite', path: `invite${token}` },
  { name: 'not-found', path: 'nothing' },
  { name: 'known', isSignedIn: true, path: 'sign-in' },
  { name: 'profile', isSignedIn: true, path: '' },
  {
    name: 'profile-refused',
    isSignedIn: true,
    path: '',
    act: async (page) => {
      await fill(page, 'newEmail', 'new@example.com');
      await fill(page, 'currentPassword', 'not the right one');
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'password', isSignedIn: true, path: 'password' },
  { name: 'devices', isSignedIn: true, path: 'devices' },
  { name: 'activity', isSignedIn: true, path: 'activity' },
  { name: 'delete', isSignedIn: true, path: 'delete' },
  {
    name: 'delete-proof',
    isSignedIn: true,
    path: 'delete',
    act: async (page) => {
      await answers(page, 403, { status: 403, code: 'reauthentication_required', session: 'keep' });
      await page.getByRole('checkbox').check();
      await submit(page);
      await page.locator('.proof input[name=password]').waitFor();
    },
  },
  {
    name: 'ended',
    isSignedIn: true,
    path: 'password',
    act: async (page) => {
      await answers(page, 401, { status: 401, code: 'token_revoked', session: 'ended' });
      await page.locator('nav a[href$=devices]').click();
      await page.locator('a.button').waitFor();
    },
  },
];
