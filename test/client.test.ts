// packages/client against a real service: what a browser app and a phone live through.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownLocks } from '../packages/client/src/locks.js';
import { createClient, memoryStorage, Refused } from '../packages/client/src/main.js';
import { bearer, call, type Person, register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { until } from './support/until.js';
import { closedLater, CookieBrowser, eventsOf, held } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

const phone = (options: { storage?: ReturnType<typeof memoryStorage>; fetch?: typeof fetch } = {}) =>
  closedLater(createClient({ issuer: service.url, transport: 'bearer', storage: memoryStorage(), ...options }));

const me = () => `${service.url}/auth/me`;

async function signedIn() {
  const browser = new CookieBrowser(service.url);
  const person = await register(service.url);
  const tab = browser.tab();
  await tab.signIn(person);
  return { browser, person, tab, events: eventsOf(tab) };
}

/** Ends every session of the person from somewhere else. */
async function endElsewhere(person: Person): Promise<void> {
  const body = { ...person, transport: 'bearer' };
  const { json } = await call(service.url, 'POST', '/auth/login', { body });
  const answer = await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(json['accessToken']) });
  expect(answer.status).toBe(204);
}

describe('a browser app', () => {
  it('signs in, asks who is there, and signs out', async () => {
    const browser = new CookieBrowser(service.url);
    const person = await register(service.url);
    const tab = browser.tab();
    const events = eventsOf(tab);
    expect(tab.user).toBeNull();
    const user = await tab.signIn(person);
    expect(user).toMatchObject({ email: person.email, role: 'user' });
    expect(tab.expiresAt?.getTime()).toBeGreaterThan(Date.now());
    expect(await (await tab.fetch(me())).json()).toMatchObject({ id: user.id });
    await tab.signOut();
    expect([tab.user, tab.session, tab.expiresAt]).toEqual([null, null, null]);
    expect((await tab.fetch(me())).status).toBe(401);
    expect(events).toEqual(['signed-in', 'ended']);
    expect(browser.refreshes()).toEqual([]);
  });

  it('is told why a sign-in is refused, and stays signed out', async () => {
    const tab = new CookieBrowser(service.url).tab();
    const refusal = tab.signIn({ email: 'nobody@example.com', password: 'a wrong one' });
    await expect(refusal).rejects.toBeInstanceOf(Refused);
    await expect(refusal).rejects.toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(tab.user).toBeNull();
  });

  it('finds its session again after the page was loaded anew, without a refresh', async () => {
    const { browser, person, tab } = await signedIn();
    const again = browser.tab();
    expect(await again.restore()).toMatchObject({ email: person.email });
    expect(again.session?.id).toBe(tab.session?.id);
    expect(browser.refreshes()).toEqual([]);
  });

  it('finds its session again after the access cookie is gone', async () => {
    const { browser } = await signedIn();
    browser.jar.jar.delete('access_token');
    const again = browser.tab();
    expect(await again.restore()).not.toBeNull();
    expect(browser.refreshes()).toHaveLength(1);
    expect(again.session?.generation).toBe(1);
  });

  it('knows that a visitor is nobody after one request', async () => {
    const browser = new CookieBrowser(service.url);
    expect(await browser.tab().restore()).toBeNull();
    expect(browser.sent).toHaveLength(1);
  });

  it('takes nobody for signed out while the service cannot answer', async () => {
    const { browser } = await signedIn();
    browser.fault = () => Promise.resolve(new Response('', { status: 503 }));
    await expect(browser.tab().restore()).rejects.toMatchObject({ name: 'Refused', status: 503 });
  });

  it('C7: refreshes once for any number of requests at once', async () => {
    const { browser, tab, events } = await signedIn();
    browser.jar.jar.delete('access_token');
    const answers = await Promise.all(Array.from({ length: 20 }, () => tab.fetch(me())));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(browser.refreshes()).toHaveLength(1);
    expect(events).toEqual(['refreshed']);
  });

  it('C7: refreshes at most once in each of five tabs that wake together', async () => {
    const { browser, tab } = await signedIn();
    browser.jar.jar.delete('access_token');
    const lock = ownLocks();
    const tabs = Array.from({ length: 5 }, () => browser.tab({ lock }));
    const users = await Promise.all(tabs.map((each) => each.restore()));
    expect(users.filter(Boolean)).toHaveLength(5);
    // One, where the message of the first tab comes before the next one's turn; a slow machine delays it.
    expect(browser.refreshes().length).toBeLessThanOrEqual(5);
    const newest = Math.max(...tabs.map(({ session }) => session?.generation ?? 0));
    expect(newest).toBeGreaterThan(0);
    await until('every tab knows the newest generation', () =>
      [tab, ...tabs].every(({ session }) => session?.generation === newest),
    );
  });

  it('is signed out once when the session was ended elsewhere, whatever was in flight', async () => {
    const { person, tab, browser, events } = await signedIn();
    const other = browser.tab();
    await other.restore();
    const othersEvents = eventsOf(other);
    await endElsewhere(person);
    const answers = await Promise.all(Array.from({ length: 5 }, () => tab.fetch(me())));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(401));
    expect(tab.user).toBeNull();
    expect(events).toEqual(['ended token_revoked']);
    await until('the other tab has learned of it', () => othersEvents.includes('ended token_revoked'));
    expect(browser.refreshes()).toEqual([]);
  });

  it('C3: is signed out and in again with another tab', async () => {
    const { person, tab, browser, events } = await signedIn();
    const other = browser.tab();
    await other.restore();
    await other.signOut();
    await until('the sign-out is known', () => tab.user === null);
    await other.signIn(person);
    await until('the sign-in is known', () => tab.user?.email === person.email);
    expect(events).toEqual(['ended', 'signed-in']);
    expect((await tab.fetch(me())).status).toBe(200);
  });

  it('is not ended by the late answer of an older session', async () => {
    const { browser, person, tab, events } = await signedIn();
    const gate = held();
    browser.fault = async ({ path }, send) => {
      const response = await send();
      if (path === '/auth/events') await gate.opened;
      return response;
    };
    await endElsewhere(person);
    const late = tab.fetch(`${service.url}/auth/events`);
    await until('it is answered', () => browser.sent.some(({ url }) => url.endsWith('/auth/events')));
    await tab.signIn(person);
    gate.open();
    expect((await late).status, 'the same person: sent once more').toBe(200);
    expect(events).toEqual(['signed-in']);
    expect(tab.user).not.toBeNull();
  });

  it('goes on through a change of the password, with requests in flight', async () => {
    const { tab, browser, person, events } = await signedIn();
    const other = browser.tab();
    await other.restore();
    const before = tab.session?.id;
    const [changed, ...others] = await Promise.all([
      tab.fetch(`${service.url}/auth/password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ currentPassword: person.password, newPassword: `${person.password} and more` }),
      }),
      ...Array.from({ length: 10 }, () => tab.fetch(me())),
    ]);
    expect([changed, ...others].map(({ status }) => status)).toEqual(Array(11).fill(200));
    expect(tab.session?.id).not.toBe(before);
    await until('the other tab goes on in the new session', () => other.session?.id === tab.session?.id);
    expect(events.filter((event) => event.startsWith('ended'))).toEqual([]);
    expect((await other.fetch(me())).status).toBe(200);
  });

  it('C2: heals a late answer that put an older cookie into the browser', async () => {
    const { browser, tab } = await signedIn();
    const other = browser.tab();
    await other.restore();
    const gate = held();
    let isFirst = true;
    browser.fault = async ({ path }, send) => {
      const response = await send();
      if (path !== '/auth/refresh' || !isFirst) return response;
      isFirst = false;
      await gate.opened;
      browser.jar.absorb({ cookies: response.headers.getSetCookie() } as never); // it arrives only now
      return response;
    };
    const late = tab.refresh();
    await until('the service has answered', () => browser.refreshes().length === 1);
    await other.refresh();
    expect(other.session?.generation).toBe(2);
    gate.open();
    await late;
    await until('the older cookie is replaced', () => browser.refreshes().length === 3);
    await until('and both know', () => tab.session?.generation === 2);
    await service.advance(120); // past the grace: an older cookie would now be a reuse
    await tab.refresh();
    expect(tab.session?.generation).toBe(3);
    expect(tab.user).not.toBeNull();
  });

  it('sends a request with a body once more after a refresh, but no stream', async () => {
    const { tab, browser } = await signedIn();
    const post = (body: string | ReadableStream) => {
      browser.jar.jar.delete('access_token');
      const headers = { 'content-type': 'application/json' };
      return tab.fetch(`${service.url}/auth/reauthenticate`, {
        method: 'POST',
        headers,
        body,
        duplex: 'half',
      });
    };
    const { status } = await post(JSON.stringify({ password: 'wrong' }));
    const refreshes = browser.refreshes().length;
    expect([status, refreshes]).toEqual([401, 1]);
    expect(browser.sent.filter(({ url }) => url.endsWith('/auth/reauthenticate'))).toHaveLength(2);
    const answer = await post(new Blob([JSON.stringify({ password: 'wrong' })]).stream());
    expect(await answer.json()).toMatchObject({ status: 401, code: 'token_expired' });
    expect(browser.refreshes()).toHaveLength(1);
  });

  it('sends a Request object once more, too', async () => {
    const { tab, browser, person } = await signedIn();
    browser.jar.jar.delete('access_token');
    const body = JSON.stringify({ password: person.password });
    const headers = { 'content-type': 'application/json' };
    const answer = await tab.fetch(
      new Request(`${service.url}/auth/reauthenticate`, { method: 'POST', headers, body }),
    );
    expect(answer.status).toBe(200);
    expect(browser.refreshes()).toHaveLength(1);
  });

  it('signs out on every device', async () => {
    const { tab, person } = await signedIn();
    const app = phone();
    await app.signIn(person);
    await tab.signOutEverywhere();
    expect(tab.user).toBeNull();
    expect((await app.fetch(me())).status).toBe(401);
    expect(app.user).toBeNull();
  });

  it('stays signed in where a sign-out did not reach the service', async () => {
    const { tab, browser, events } = await signedIn();
    browser.fault = () => Promise.reject(new TypeError('fetch failed'));
    await expect(tab.signOut()).rejects.toThrow('fetch failed');
    expect(tab.user).not.toBeNull();
    expect(events).toEqual([]);
  });
});

describe('a phone', () => {
  it('signs in with tokens in its storage, and no cookie', async () => {
    const storage = memoryStorage();
    const person = await register(service.url);
    const app = phone({ storage });
    await app.signIn(person);
    expect(await storage.load()).toMatchObject({ tokens: { refreshToken: expect.stringMatching(/^wrt_/) } });
    expect((await app.fetch('/auth/me')).status).toBe(200);
    const again = phone({ storage });
    expect(await again.restore()).toMatchObject({ email: person.email });
    await again.signOut();
    expect((await storage.load())?.tokens).toBeUndefined();
  });

  it('keeps the token of a known device after the sign-out, and sends it with the next sign-in', async () => {
    const storage = memoryStorage();
    const person = await register(service.url);
    const bodies: string[] = [];
    const app = phone({
      storage,
      fetch: (input, init) => {
        bodies.push(typeof init?.body === 'string' ? init.body : '');
        return fetch(input, init);
      },
    });
    await app.signIn(person);
    await app.signOut();
    const { deviceToken } = (await storage.load()) ?? {};
    expect(deviceToken).toEqual(expect.any(String));
    await app.signIn(person);
    expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject({ deviceToken });
  });

  it('is not ended by the late answer of an older session', async () => {
    const person = await register(service.url);
    const gate = held();
    const app = phone({
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (typeof input === 'string' && input.endsWith('/auth/events')) await gate.opened;
        return response;
      },
    });
    await app.signIn(person);
    await endElsewhere(person);
    const late = app.fetch('/auth/events');
    await app.signIn(person);
    gate.open();
    expect((await late).status).toBe(200);
    expect(app.user).not.toBeNull();
  });

  it('changes the password, and stores the tokens of the new session', async () => {
    const storage = memoryStorage();
    const person = await register(service.url);
    const app = phone({ storage });
    await app.signIn(person);
    const body = JSON.stringify({ currentPassword: person.password, newPassword: `${person.password} and more` });
    const answer = await app.fetch('/auth/password', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(200);
    const { tokens } = (await storage.load()) ?? {};
    expect(tokens?.session.id).toBe(app.session?.id);
    await app.refresh();
    expect(app.session?.generation).toBe(1);
  });
});
