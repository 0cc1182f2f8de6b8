// packages/client against a real service: what a browser app and a phone live through.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, memoryStorage, Refused } from '../packages/client/src/main.js';
import { register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { closedLater, CookieBrowser, eventsOf } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService({ ACCESS_TOKEN_TTL_SECONDS: '60' })));
afterAll(() => service.stop());

const phone = (options = {}) => closedLater(createClient({ issuer: service.url, transport: 'bearer', ...options }));

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
    expect(await (await tab.fetch(`${service.url}/auth/me`)).json()).toMatchObject({ id: user.id });
    await tab.signOut();
    expect([tab.user, tab.session, tab.expiresAt]).toEqual([null, null, null]);
    expect(events).toEqual(['signed-in', 'ended']);
    expect((await tab.fetch(`${service.url}/auth/me`)).status).toBe(401);
    expect(browser.refreshes()).toEqual([]);
  });

  it('is told why a sign-in is refused, and stays signed out', async () => {
    const tab = new CookieBrowser(service.url).tab();
    const refusal = await tab.signIn({ email: 'nobody@example.com', password: 'a wrong one' }).catch((error) => error);
    expect(refusal).toBeInstanceOf(Refused);
    expect(refusal).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(tab.user).toBeNull();
  });

  it('finds its session again after the page was loaded anew, without a refresh', async () => {
    const browser = new CookieBrowser(service.url);
    const person = await register(service.url);
    const before = browser.tab();
    await before.signIn(person);
    const { session } = before;
    before.close();
    const tab = browser.tab();
    expect(await tab.restore()).toMatchObject({ email: person.email });
    expect(tab.session?.id).toBe(session?.id);
    expect(browser.refreshes()).toEqual([]);
  });

  it('finds its session again after the access cookie is gone', async () => {
    const browser = new CookieBrowser(service.url);
    await browser.tab().signIn(await register(service.url));
    browser.jar.jar.delete('access_token');
    const tab = browser.tab();
    expect(await tab.restore()).not.toBeNull();
    expect(browser.refreshes()).toHaveLength(1);
    expect(tab.session?.generation).toBeGreaterThan(0);
  });

  it('knows that a visitor is nobody after one request', async () => {
    const browser = new CookieBrowser(service.url);
    expect(await browser.tab().restore()).toBeNull();
    expect(browser.sent).toHaveLength(1);
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
});
