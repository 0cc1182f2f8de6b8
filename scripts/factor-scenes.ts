// The pages of second factors in the states that people see them in. The service's answers are given here, so that the
// pictures stay the same.
import type { Page } from 'playwright-core';
import type { Scene } from './page-scenes.js';

const problem = (status: number, code: string, more: object = {}) => ({
  status,
  contentType: 'application/problem+json',
  json: { status, code, ...more },
});
const methods = ['totp', 'recovery_code', 'passkey'];
const due = problem(401, 'second_factor_required', { methods, expiresAt: '2026-11-27T12:05:00Z' });
const uri = 'otpauth://totp/Example:ada@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example';
const recoveryCodes = Array.from({ length: 10 }, (_, n) => `7H2K-9QWX-B4T${n}-MZ8C-VR3D-${n}JNE`);
const listed = {
  totp: [{ id: 'a', name: null, createdAt: '2026-11-20T09:12:00Z' }],
  passkeys: [
    {
      ...{ id: 'b', name: 'iCloud Keychain', aaguid: 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd', backedUp: true },
      ...{ createdAt: '2026-11-21T17:40:00Z', lastUsedAt: '2026-11-27T08:03:00Z' },
    },
    { id: 'c', name: 'YubiKey 5', aaguid: '', backedUp: false, createdAt: '2026-11-22T10:00:00Z', lastUsedAt: null },
  ],
  recoveryCodesLeft: 8,
};
const none = { totp: [], passkeys: [], recoveryCodesLeft: 0 };

const answer = (page: Page, path: string, response: object) =>
  page.route(`**/auth/${path}`, (route) => route.fulfill(response));
const fill = (page: Page, name: string, text: string) => page.locator(`input[name=${name}]`).fill(text);
const submit = (page: Page) => page.locator('form button[type=submit]').click();

async function signsIn(page: Page, refusal: object): Promise<void> {
  await answer(page, 'login', refusal);
  await fill(page, 'email', 'ada@example.com');
  await fill(page, 'password', 'a long password');
  await submit(page);
}

/** To the second step, by the way of that number in the list of the others. */
async function toFactor(page: Page, way?: number): Promise<void> {
  await signsIn(page, due);
  await page.locator('.ways').waitFor();
  if (way !== undefined) await page.locator('.ways button').nth(way).click();
}

const shows = (factors: object) => async (page: Page) => {
  await answer(page, 'factors', { json: factors });
  await page.reload();
  await page.locator('.choices').waitFor();
};

const reauthenticates = problem(403, 'reauthentication_required', { session: 'keep' });

const entry = (button: number) => async (page: Page) => {
  await shows(listed)(page);
  await page.locator('.entries > li').first().locator('button').nth(button).click();
  await page.locator('.entries button').nth(3).waitFor();
};

async function showsSetup(page: Page): Promise<void> {
  await answer(page, 'factors/totp', { status: 201, json: { id: 'a', uri } });
  await page.locator('.choices button').last().click();
  await page.locator('.qr').waitFor();
}

async function showsCodes(page: Page): Promise<void> {
  await showsSetup(page);
  await answer(page, 'factors/totp/a/confirm', { json: { id: 'a', recoveryCodes } });
  await fill(page, 'code', '123456');
  await page.locator('.secrets').waitFor();
}

const own = { isSignedIn: true, path: 'factors' } as const;

export const factorScenes: readonly Scene[] = [
  { name: 'factor-code', path: 'sign-in', act: (page) => toFactor(page, 0) },
  {
    name: 'factor-wrong',
    path: 'sign-in',
    act: async (page) => {
      await toFactor(page, 0);
      await answer(page, 'factor', problem(401, 'invalid_credentials'));
      await fill(page, 'code', '123 456');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  {
    name: 'factor-wait',
    path: 'sign-in',
    act: async (page) => {
      await toFactor(page, 0);
      await answer(page, 'factor', problem(429, 'too_many_attempts', { retryAfter: 30 }));
      await fill(page, 'code', '123456');
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'factor-recovery', path: 'sign-in', act: (page) => toFactor(page, 1) },
  { name: 'factor-passkey', path: 'sign-in', act: (page) => toFactor(page) },
  {
    name: 'factor-over',
    path: 'sign-in',
    act: async (page) => {
      await toFactor(page, 0);
      await answer(page, 'factor', problem(401, 'factor_ticket_invalid'));
      await fill(page, 'code', '123456');
      await page.locator('a.button').waitFor();
    },
  },
  { name: 'factors-none', ...own, act: shows(none) },
  { name: 'factors', ...own, act: shows(listed) },
  { name: 'factors-rename', ...own, act: entry(0) },
  { name: 'factors-remove', ...own, act: entry(1) },
  {
    name: 'factors-proof',
    ...own,
    act: async (page) => {
      await shows(listed)(page);
      await answer(page, 'factors/totp', reauthenticates);
      await page.locator('.choices button').last().click();
      await page.locator('.proof').waitFor();
    },
  },
  {
    name: 'factors-proof-code',
    ...own,
    act: async (page) => {
      await shows(listed)(page);
      await answer(page, 'factors/totp', reauthenticates);
      await answer(page, 'reauthenticate', due);
      await page.locator('.choices button').last().click();
      await fill(page, 'password', 'a long password');
      await page.locator('.proof button[type=submit]').click();
      await page.locator('.ways button').first().click();
    },
  },
  {
    name: 'setup',
    ...own,
    act: async (page) => {
      await shows(none)(page);
      await showsSetup(page);
    },
  },
  {
    name: 'codes',
    ...own,
    act: async (page) => {
      await shows(none)(page);
      await showsCodes(page);
    },
  },
  {
    name: 'enrol',
    path: 'sign-in',
    act: async (page) => {
      await signsIn(page, problem(401, 'enrolment_required'));
      await page.locator('.choices').waitFor();
    },
  },
  { name: 'enrol-mailed', path: `enrol#token=wot_${'x'.repeat(71)}` },
];
