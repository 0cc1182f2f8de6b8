// Passkeys on the account pages, by Chromium's virtual authenticator: alone, as second factor, and as a new proof.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { PasskeyOptions } from '../../src/factors/passkeys/passkey-options.js';
import { PasskeyRegistration } from '../../src/factors/passkeys/passkey-registration.js';
import { Passkeys } from '../../src/factors/passkeys/passkeys.js';
import { english, expectNoFindings, focused, pressed, tabTo } from '../support/account-page.js';
import { type Person, register } from '../support/client.js';
import { enrolled } from '../support/factors.js';
import { VirtualAuthenticator, type Wishes } from '../support/virtual-authenticator.js';
import {
  codesOn,
  heading,
  isSignedIn,
  methodsOf,
  openAt,
  openFactors,
  reads,
  namedSite,
  typePassword,
} from './support/factor-pages.js';

const site = namedSite();

interface Scene extends Wishes {
  readonly person?: Person;
  /** Whether the browser knows conditional mediation. */
  readonly suggests?: boolean;
}

/** A browser whose authenticator holds a passkey of the person: on the sign-in page, unless it suggests passkeys there. */
async function openWithPasskey({ suggests = false, person: given, ...wishes }: Scene = {}) {
  const person = given ?? (await register(site.service.url));
  const watched = await openAt(site.browser, `${site.issuer}/account/forgot`);
  if (!suggests)
    await watched.page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');
  const authenticator = await VirtualAuthenticator.in(watched.page, wishes);
  await makePasskey(watched.page, person);
  if (!suggests) await openSignIn(watched.page);
  return { ...watched, person, authenticator };
}

async function makePasskey(page: Page, { email }: Person): Promise<void> {
  const [user] = await site.service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email]);
  const options = await site.service.app.get(PasskeyOptions).toRegister({ id: user?.id ?? '', email }, []);
  const credential = await page.evaluate<object>(`(async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)});
    return (await navigator.credentials.create({ publicKey })).toJSON();
  })()`);
  const made = await site.service.app.get(PasskeyRegistration).verified(credential as never, user?.id ?? '');
  if (!made) throw new Error('The passkey was not registered.');
  await site.service.app.get(Passkeys).add(site.service.app.get(Database), made.passkey);
}

async function openSignIn(page: Page): Promise<void> {
  await page.goto(`${site.issuer}/account/sign-in`);
  await heading(page, english('sign-in.title'));
}

describe('a passkey alone', () => {
  it.each(['internal', 'hybrid', 'usb'] as const)('signs in by the button, by keyboard (%s)', async (transport) => {
    const { page, ...watched } = await openWithPasskey({ transport });
    await expectNoFindings({ page, ...watched });
    await tabTo(page, english('sign-in.remember'));
    await page.keyboard.press('Space');
    await tabTo(page, english('sign-in.by-passkey'));
    await page.keyboard.press('Enter');
    await isSignedIn(page);
    expect(await methodsOf(page)).toEqual(['mfa', 'pop', 'user']);
    const read = async () => (await fetch('/auth/sessions')).json() as Promise<{ sessions: { persistent: boolean }[] }>;
    expect((await page.evaluate(read)).sessions).toMatchObject([{ persistent: true }]);
    expect(watched.troubles).toEqual([]);
  });

  it('signs in where the browser suggests it in the field for the address', async () => {
    const { page, authenticator, person } = await openWithPasskey({ suggests: true });
    await authenticator.setTouched(false);
    await openSignIn(page);
    const field = page.getByLabel(english('email'));
    expect(await field.getAttribute('autocomplete')).toBe('username webauthn');
    await authenticator.setTouched(true); // from now on it takes what the browser suggests, without a press
    await page.reload();
    await isSignedIn(page);
    await page.getByRole('banner').getByText(person.email).waitFor();
    expect(await methodsOf(page)).toEqual(['mfa', 'pop', 'user']);
  });

  it('is suggested no more when the page is left', async () => {
    const { page, authenticator } = await openWithPasskey({ suggests: true });
    await authenticator.setTouched(false);
    await page.addInitScript(`{
      const { credentials } = navigator;
      const get = credentials.get.bind(credentials);
      globalThis.questions = [];
      credentials.get = (options) => (questions.push(options), get(options));
    }`);
    await openSignIn(page);
    await expect.poll(() => page.evaluate('questions.length')).toBe(1);
    expect(await page.evaluate('[questions[0].mediation, questions[0].signal.aborted]')).toEqual([
      'conditional',
      false,
    ]);
    await page.getByRole('link', { name: english('sign-in.forgot') }).click();
    await heading(page, english('forgot.title'));
    // Not waitForFunction, whose second look is an eval in the page, which its policy refuses.
    await expect.poll(() => page.evaluate('questions[0].signal.aborted')).toBe(true);
    expect(await page.evaluate('questions.length')).toBe(1);
  });

  it('that the person declines leaves the password, and the button can be pressed again', async () => {
    const { page, authenticator, person } = await openWithPasskey();
    await authenticator.setVerified(false);
    await pressed(page, english('sign-in.by-passkey'));
    await reads(page, english('errors.passkey_unused'));
    await expect.poll(() => focused(page)).toBe(english('errors.passkey_unused'));
    await authenticator.setVerified(true);
    await pressed(page, english('sign-in.by-passkey'));
    await isSignedIn(page);
    await page.getByRole('banner').getByText(person.email).waitFor();
  });

  it('that was removed from the account is refused in words', async () => {
    const { page } = await openWithPasskey();
    await site.service.query('DELETE FROM passkeys');
    await pressed(page, english('sign-in.by-passkey'));
    await reads(page, english('sign-in.wrongPasskey'));
  });
});

describe('a passkey as second factor', () => {
  it('goes first where the account has one, and other ways stay open', async () => {
    const { person } = await enrolled(site.service);
    const { page, ...watched } = await openWithPasskey({ person });
    await typePassword(page, person);
    await heading(page, english('factor.title'));
    await page.getByRole('button', { name: english('factor.use.passkey') }).waitFor();
    await expectNoFindings({ page, ...watched });
    await pressed(page, english('factor.use.totp'));
    await page.locator('input[name=code]:focus').waitFor();
    await pressed(page, english('factor.use.passkey'));
    await pressed(page, english('factor.use.passkey'));
    await isSignedIn(page);
    expect(await methodsOf(page)).toContain('pop');
  });

  it('may be a security key that knows nobody: the password has said who it is', async () => {
    const { page, person, authenticator } = await openWithPasskey({ transport: 'usb' });
    await authenticator.become({ transport: 'usb', verifiesUser: false });
    await typePassword(page, person);
    await heading(page, english('factor.title'));
    await pressed(page, english('factor.use.passkey'));
    await isSignedIn(page);
    expect(await methodsOf(page)).toEqual(['mfa', 'pop', 'pwd', 'user']);
  });
});

describe('a passkey of one’s own', () => {
  /** Suggestions would answer before the button is pressed, also in the document that is open. */
  const suggestNothing = async (page: Page) => {
    const nothing = 'PublicKeyCredential.isConditionalMediationAvailable = async () => false';
    await page.addInitScript(nothing);
    await page.evaluate(nothing);
  };

  async function keepCodes(page: Page): Promise<void> {
    expect(new Set(await codesOn(page)).size).toBe(10);
    await tabTo(page, english('codes.kept'));
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
  }

  it('is set up by keyboard, gets a name, and signs in alone; a device makes no second one', async () => {
    const watched = await openFactors(site.browser, site.pair);
    const { page, person } = watched;
    await suggestNothing(page);
    await VirtualAuthenticator.in(page, { isSynced: true });
    await tabTo(page, english('enrolment.passkey'));
    await page.keyboard.press('Enter');
    await keepCodes(page);
    await reads(page, english('factors.added.passkey'));
    await reads(page, english('factors.synced'));
    await expectNoFindings(watched);
    await expect.poll(() => focused(page)).toBe(english('factors.name')); // offered at once, and selected
    await page.keyboard.insertText('My laptop');
    await page.keyboard.press('Enter');
    await heading(page, english('proof.title'), 2); // so far the session has a password only
    await pressed(page, english('factor.use.passkey'));
    await reads(page, english('factors.renamed', { name: 'My laptop' }));
    await pressed(page, english('enrolment.passkey'));
    await reads(page, english('errors.passkey_known'));
    await expectNoFindings(watched);

    await pressed(page, english('sign-out'));
    await heading(page, english('sign-in.title'));
    await page.reload();
    await pressed(page, english('sign-in.by-passkey'));
    await isSignedIn(page);
    await page.getByRole('banner').getByText(person.email).waitFor();
    await page.goto(`${site.issuer}/account/factors`);
    await page.getByText(/last used/).waitFor();
    await pressed(page, english('factors.removeOf', { name: 'My laptop' }));
    await pressed(page, english('factors.removeNow'));
    await reads(page, english('factors.removed', { name: 'My laptop' }));
    await reads(page, english('factors.none'));
  });

  it('can be a security key that verifies nobody: the password comes first then', async () => {
    const { page, person } = await openFactors(site.browser, site.pair);
    await suggestNothing(page);
    await VirtualAuthenticator.in(page, { transport: 'usb', verifiesUser: false, remembers: false });
    await pressed(page, english('enrolment.passkey'));
    await keepCodes(page);
    await reads(page, english('factors.notSynced'));
    await pressed(page, english('sign-out'));
    await heading(page, english('sign-in.title'));
    await typePassword(page, person);
    await heading(page, english('factor.title'));
    await pressed(page, english('factor.use.passkey'));
    await isSignedIn(page);
    expect(await methodsOf(page)).toEqual(['mfa', 'pop', 'pwd', 'user']);
  });

  it('that the person declines changes nothing', async () => {
    const { page } = await openFactors(site.browser, site.pair);
    const authenticator = await VirtualAuthenticator.in(page);
    await authenticator.setVerified(false);
    await pressed(page, english('enrolment.passkey'));
    await reads(page, english('errors.passkey_unused'));
    await reads(page, english('factors.none'));
  });

  it('takes the place of a sign-in that must have a second factor', async () => {
    const person = await register(site.service.url);
    await site.service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
    const { page } = await openAt(site.browser, `${site.issuer}/account/sign-in`);
    await VirtualAuthenticator.in(page, { transport: 'usb' });
    await typePassword(page, person);
    await heading(page, english('enrol.title'));
    await pressed(page, english('enrolment.passkey'));
    await keepCodes(page);
    await isSignedIn(page);
    expect(await methodsOf(page)).toContain('pop');
  });
});

it('a fresh proof can be a passkey alone', async () => {
  const { page, person } = await openWithPasskey();
  await typePassword(page, person);
  await pressed(page, english('factor.use.passkey'));
  await isSignedIn(page);
  await site.service.advance(1_000);
  await page.goto(`${site.issuer}/account/delete`);
  await page.getByLabel(english('delete.understood')).check();
  await pressed(page, english('delete.delete'));
  await heading(page, english('proof.title'), 2);
  await pressed(page, english('factor.use.passkey'));
  await heading(page, english('delete.deletedTitle'));
});
