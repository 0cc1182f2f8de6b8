// packages/client/upstream against a real service and a real provider: an app that opens the system's browser.
import { describe, expect, it } from 'vitest';
import { createClient, memoryStorage, Refused } from '../packages/client/src/main.js';
import { newUpstream, type UpstreamOptions } from '../packages/client/src/upstream.js';
import { register } from './support/client.js';
import { enrolled } from './support/factors.js';
import { noteSecret } from './support/leaks.js';
import type { Service } from './support/service.js';
import { linkedUser, linkUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';
import { closedLater, eventsOf } from './support/web-client.js';

const returnTo = 'com.example.notes:/signed-in';
const settings = { UPSTREAM_APP_CALLBACKS: returnTo };

/** An app, and its storage, which outlives it. */
function phone(service: Service, options: Partial<UpstreamOptions> = {}) {
  const issuer = service.url;
  const storage = options.storage ?? memoryStorage();
  const auth = closedLater(createClient({ issuer, transport: 'bearer', storage }));
  return { auth, storage, upstream: newUpstream({ auth, issuer, storage, ...options }), events: eventsOf(auth) };
}

/** What the system's browser does with the address of the app. @returns the address that it opens the app with */
async function inBrowser(service: Service, address: string, name: string): Promise<string> {
  const browser = new UpstreamBrowser(service.url);
  const { pathname, search, searchParams } = new URL(address);
  noteSecret(searchParams.get('state'), "the app's state");
  const begun = await browser.navigate(pathname + search, 'none');
  expect(begun.status).toBe(303);
  const answer = await browser.navigate(await browser.atProvider(new URL(String(begun.headers['location'])), name));
  const opened = String(answer.headers['location']);
  expect(opened.startsWith(`${returnTo}?`)).toBe(true);
  noteSecret(new URL(opened).searchParams.get('code'), "the app's code");
  return opened;
}

describe('an app', () => {
  it('signs in at a provider, stays signed in, and exchanges its code once', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    const ada = await linkedUser(service, provider.issuer, 'ada');
    provider.people.set('ada', { email: ada.email });
    const { auth, upstream, events, storage } = phone(service);
    const opened = await inBrowser(service, await upstream.begin('authentik', { returnTo, remember: true }), 'ada');
    const [user, same] = await Promise.all([upstream.complete(opened), upstream.complete(opened)]);
    expect(user).toMatchObject({ id: ada.userId, email: ada.email });
    expect(same).toEqual(user);
    expect(auth.session?.persistent).toBe(true);
    await auth.refresh();
    const me = (await (await auth.fetch(`${service.url}/auth/me`)).json()) as { methods: string[] };
    expect(me.methods).toEqual([]);
    expect(events).toEqual(['signed-in', 'refreshed']);
    await expect(phone(service, { storage }).upstream.complete(opened)).rejects.toMatchObject({
      code: 'upstream_request_invalid',
    });
  });

  it('that is closed while the browser is in front goes on from its store', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    const ada = await linkedUser(service, provider.issuer, 'ada');
    provider.people.set('ada', { email: ada.email });
    const items = new Map<string, string>();
    const store = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      deleteItem: (key: string) => void items.delete(key),
    };
    const before = phone(service, { store });
    const opened = await inBrowser(service, await before.upstream.begin('authentik', { returnTo }), 'ada');
    before.auth.close();
    expect(await phone(service, { store }).upstream.complete(opened)).toMatchObject({ id: ada.userId });
    expect(items.size).toBe(0);
  });

  it('cannot spend the code of another app: it lacks the verifier', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    const ada = await linkedUser(service, provider.issuer, 'ada');
    provider.people.set('ada', { email: ada.email });
    const [mine, thief] = [phone(service), phone(service)];
    const opened = await inBrowser(service, await mine.upstream.begin('authentik', { returnTo }), 'ada');
    const theirs = new URL(await thief.upstream.begin('authentik', { returnTo })).searchParams.get('state');
    const stolen = opened.replace(/state=[^&]+/, `state=${theirs}`);
    const refused = await thief.upstream.complete(stolen).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 400, code: 'upstream_request_invalid' });
    expect(thief.auth.user).toBeNull();
  });

  it('is told that nobody gets an account there', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    provider.people.set('bob', { email: 'bob@example.com' });
    const { auth, upstream } = phone(service);
    const opened = await inBrowser(service, await upstream.begin('authentik', { returnTo }), 'bob');
    await expect(upstream.complete(opened)).rejects.toMatchObject({ code: 'upstream_declined', status: 0 });
    expect(auth.user).toBeNull();
  });

  it('goes on with the second factor of the account', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    const app = await enrolled(service);
    provider.people.set('grace', { email: app.person.email });
    await linkUser(service, app.person.email, { issuer: provider.issuer, subject: provider.subjectOf('grace') });
    const { auth, upstream } = phone(service);
    const opened = await inBrowser(service, await upstream.begin('authentik', { returnTo }), 'grace');
    const refused = await upstream.complete(opened).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'second_factor_required', methods: ['totp', 'recovery_code'] });
    expect(auth.user).toBeNull();
    const { ticket } = refused as Refused;
    expect(await auth.continue(ticket, { totp: await app.code() })).toMatchObject({ id: app.userId });
  });
});

describe('an app of somebody who is signed in', () => {
  it('connects the provider in its own session, and stays signed in', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    const person = await register(service.url);
    provider.people.set('ada', { email: 'ada@sso.example.org' });
    const { auth, upstream, events } = phone(service);
    await auth.signIn(person);
    const opened = await inBrowser(service, await upstream.connect('authentik', { returnTo }), 'ada');
    expect(await upstream.complete(opened)).toMatchObject({ email: person.email });
    const answer = await auth.fetch(`${service.url}/auth/identities`);
    expect(await answer.json()).toMatchObject({ identities: [{ email: 'ada@sso.example.org' }], hasPassword: true });
    expect(events).not.toContain('ended');

    const another = phone(service);
    const again = await inBrowser(service, await another.upstream.begin('authentik', { returnTo }), 'ada');
    expect(await another.upstream.complete(again)).toMatchObject({ email: person.email });
  });

  it('cannot have its way finished by somebody else, whose account it would open', async () => {
    const { service, upstream: provider } = await startWithUpstream({ settings });
    const [mallory, victim] = [await register(service.url), await register(service.url)];
    provider.people.set('ada', { email: 'ada@sso.example.org' });
    const items = new Map<string, string>();
    const store = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      deleteItem: (key: string) => void items.delete(key),
    };
    const theirs = phone(service, { store });
    await theirs.auth.signIn(mallory);
    const opened = await inBrowser(service, await theirs.upstream.connect('authentik', { returnTo }), 'ada');
    const mine = phone(service, { store }); // even with all that the other app has kept
    await mine.auth.signIn(victim);
    await expect(mine.upstream.complete(opened)).rejects.toMatchObject({ code: 'upstream_request_invalid' });
    const answer = await mine.auth.fetch(`${service.url}/auth/identities`);
    expect(await answer.json()).toMatchObject({ identities: [] });
  });
});
