// Passkeys in a real Chromium with its virtual authenticators, by the routes alone.
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { type Person, register } from '../support/client.js';
import { freePort } from '../support/process.js';
import { type Service, startService } from '../support/service.js';

let browser: Browser;
let service: Service;
let origin: string;
beforeAll(async () => {
  const port = await freePort();
  origin = `http://localhost:${port}`; // no passkey works on an address
  service = await startService({ PORT: String(port), PUBLIC_URL: origin });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

type Json = Record<string, any>;
interface Answer {
  readonly status: number;
  readonly json: Json;
}

/** What a page of ours does, without our client. */
const script = `globalThis.passkeys = {
  async post(path, body) {
    const answer = await fetch(path, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}),
    });
    return { status: answer.status, json: await answer.json().catch(() => ({})) };
  },
  async create() {
    const options = await this.post('/auth/factors/passkeys/options');
    if (options.status !== 200) return options;
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.json);
    const credential = await navigator.credentials.create({ publicKey });
    return this.post('/auth/factors/passkeys', { credential: credential.toJSON() });
  },
  async get(path) {
    const options = await this.post(path + '/options');
    if (options.status !== 200) return options;
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.json);
    return (await navigator.credentials.get({ publicKey })).toJSON();
  },
  async signIn() {
    return this.post('/auth/login/passkey', { credential: await this.get('/auth/login/passkey') });
  },
  async goOn() {
    return this.post('/auth/factor', { passkey: await this.get('/auth/factor') });
  },
}`;

interface Tab {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly post: (path: string, body?: object) => Promise<Answer>;
  /** @returns the answer, or the name of the error that the browser ended with */
  readonly run: (act: 'create' | 'signIn' | 'goOn') => Promise<Answer | string>;
}

async function open(): Promise<Tab> {
  const page = await pageOf(browser, { bypassCSP: true }); // an answer of the API may fetch nothing
  await page.goto(`${origin}/health/live`); // a page of ours that asks for no passkey itself
  await page.evaluate(script);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  return {
    page,
    cdp,
    post: (path, body) =>
      page.evaluate<Answer>(`passkeys.post(${JSON.stringify(path)}, ${JSON.stringify(body ?? {})})`),
    run: (act) => page.evaluate<Answer | string>(`passkeys.${act}().catch(({ name }) => name)`),
  };
}

interface Traits {
  readonly transport: 'internal' | 'hybrid' | 'usb';
  readonly hasUserVerification: boolean;
}

async function authenticator({ cdp }: Tab, { transport, hasUserVerification }: Traits): Promise<string> {
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', ctap2Version: 'ctap2_1', transport, hasResidentKey: hasUserVerification },
      ...{ hasUserVerification, isUserVerified: hasUserVerification, automaticPresenceSimulation: true },
    },
  });
  return authenticatorId;
}

const signInByPassword = (tab: Tab, person: Person) => tab.post('/auth/login', person);

/** Signed in, with a passkey. */
async function enrolled(traits: Traits) {
  const person = await register(service.url);
  const tab = await open();
  const id = await authenticator(tab, traits);
  expect(await signInByPassword(tab, person)).toMatchObject({ status: 200 });
  expect(await tab.run('create')).toMatchObject({ status: 201, json: { id: expect.any(String) as string } });
  return { person, tab, id };
}

it.each(['internal', 'hybrid', 'usb'] as const)(
  'a passkey of an authenticator that is %s signs in, and is the second factor of a password',
  async (transport) => {
    const { person, tab, id } = await enrolled({ transport, hasUserVerification: true });
    const { credentials } = await tab.cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
    expect(credentials).toMatchObject([{ rpId: 'localhost', isResidentCredential: true }]);
    await tab.page.context().clearCookies();
    expect(await tab.run('signIn')).toMatchObject({ status: 200, json: { user: { email: person.email } } });

    await tab.page.context().clearCookies();
    expect(await signInByPassword(tab, person)).toMatchObject({
      status: 401,
      json: { code: 'second_factor_required', methods: ['recovery_code', 'passkey'] },
    });
    expect(await tab.run('goOn')).toMatchObject({ status: 200, json: { user: { email: person.email } } });
  },
);

it('a security key without PIN is a second factor, and no first one', async () => {
  const { person, tab } = await enrolled({ transport: 'usb', hasUserVerification: false });
  await tab.page.context().clearCookies();
  expect(await tab.run('signIn')).toBe('NotAllowedError');
  expect(await signInByPassword(tab, person)).toMatchObject({ status: 401 });
  expect(await tab.run('goOn')).toMatchObject({ status: 200 });
});

it('an authenticator makes no second passkey for an account that has one on it', async () => {
  const { tab } = await enrolled({ transport: 'internal', hasUserVerification: true });
  expect(await tab.run('signIn')).toMatchObject({ status: 200 }); // by both factors, as a change needs them
  expect(await tab.run('create')).toBe('InvalidStateError');
});

it('somebody else’s passkey on the same authenticator goes on with nobody’s sign-in', async () => {
  const { person, tab } = await enrolled({ transport: 'internal', hasUserVerification: true });
  await tab.page.context().clearCookies();
  const other = await register(service.url);
  expect(await signInByPassword(tab, other)).toMatchObject({ status: 200 });
  expect(await tab.run('create')).toMatchObject({ status: 201 });
  await tab.page.context().clearCookies();
  expect(await signInByPassword(tab, person)).toMatchObject({ status: 401 });
  expect(await tab.run('goOn')).toMatchObject({ status: 200, json: { user: { email: person.email } } });
});
