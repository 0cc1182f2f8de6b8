// What a client must not do on a bad day: show the wrong person, or call somebody signed out who is not.
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createClient, memoryStorage, Refused, type Stored, type TokenStorage } from '../packages/client/src/main.js';
import { register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { until } from './support/until.js';
import { closedLater, CookieBrowser, type Fault } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

const phone = (options: { storage: TokenStorage }) =>
  closedLater(createClient({ issuer: service.url, transport: 'bearer', ...options }));

/** Holds the answers to requests for `/auth/me` until they are let go. */
function held(): { fault: Fault; isHeld: () => boolean; letGo: () => void } {
  let letGo = () => {};
  const gone = new Promise<void>((done) => (letGo = done));
  let count = 0;
  const fault: Fault = async ({ path }, send) => {
    const response = await send();
    if (path !== '/auth/me') return response;
    count += 1;
    await gone;
    return response;
  };
  return { fault, isHeld: () => count > 0, letGo: () => letGo() };
}

const offlinePage: Fault = async () =>
  new Response('<!doctype html>You are offline', { headers: { 'content-type': 'text/html' } });

describe('who is signed in', () => {
  it('is nobody after a sign-out, also when the answer to an earlier question arrives after it', async () => {
    const browser = new CookieBrowser(service.url);
    const tab = browser.tab();
    await tab.signIn(await register(service.url));
    const late = held();
    browser.fault = late.fault;
    const asked = tab.restore();
    await until('the question is answered', late.isHeld);
    await tab.signOut();
    late.letGo();
    expect(await asked).toBeNull();
    expect(tab.user).toBeNull();
  });

  it('is the person who signed in last in any tab, whatever was asked before', async () => {
    const browser = new CookieBrowser(service.url);
    const [tab, other] = [browser.tab(), browser.tab()];
    const [first, second] = [await register(service.url), await register(service.url)];
    await tab.signIn(first);
    await until('the other tab knows', () => other.user?.email === first.email);
    const late = held();
    browser.fault = late.fault;
    const asked = tab.restore();
    await until('the question is answered', late.isHeld);
    await other.signIn(second);
    await until('the first tab knows', () => tab.user?.email === second.email);
    late.letGo();
    expect(await asked).toMatchObject({ email: second.email });
    expect(tab.user?.email).toBe(second.email);
  });

  it('is not told by the page of somebody in between', async () => {
    const browser = new CookieBrowser(service.url);
    browser.fault = offlinePage;
    const tab = browser.tab();
    await expect(tab.restore()).rejects.toBeInstanceOf(Refused);
    expect(tab.user).toBeNull();
  });

  it('is not the person before, whose new tokens could not be stored', async () => {
    const memory = memoryStorage();
    let [isFull, failures] = [false, 0];
    const save = async (stored: Stored) => {
      if (!isFull) return memory.save(stored);
      failures += 1;
      throw new Error('disk full');
    };
    const storage = { ...memory, save };
    const app = phone({ storage });
    await app.signIn(await register(service.url));
    isFull = true;
    const refreshed = app.refresh().catch(() => undefined);
    await until('a save has failed', () => failures > 0);
    isFull = false;
    await app.signOut();
    await refreshed;
    const second = await register(service.url);
    await app.signIn(second);
    await app.refresh();
    expect(app.user?.email).toBe(second.email);
    expect((await app.fetch('/auth/me')).status).toBe(200);
    expect(await storage.load()).toMatchObject({ tokens: { user: { email: second.email } } });
  });
});

describe('a sign-out', () => {
  it('is none where the page of somebody in between came as the answer', async () => {
    const browser = new CookieBrowser(service.url);
    const tab = browser.tab();
    const person = await register(service.url);
    await tab.signIn(person);
    browser.fault = offlinePage;
    await expect(tab.signOut()).rejects.toBeInstanceOf(Refused);
    await expect(tab.signOutEverywhere()).rejects.toBeInstanceOf(Refused);
    expect(tab.user?.email).toBe(person.email);
  });
});

describe('a browser that allows no BroadcastChannel', () => {
  it('has tabs that work alone', async () => {
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        constructor() {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        }
      },
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const tab = new CookieBrowser(service.url).tab();
    const person = await register(service.url);
    expect(await tab.signIn(person)).toMatchObject({ email: person.email });
  });
});

it('a client that was closed still signs in and out', async () => {
  const tab = new CookieBrowser(service.url).tab();
  const person = await register(service.url);
  tab.close();
  expect(await tab.signIn(person)).toMatchObject({ email: person.email });
  await tab.signOut();
  expect(tab.user).toBeNull();
});
