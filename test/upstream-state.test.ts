// U3: the state of a sign-in at a provider is good in the browser that began it, once, for ten minutes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Browser, register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { openUpstream, type Upstream } from './support/upstream-provider.js';
import { callbackOf, linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

let service: Service;
let upstream: Upstream;
let second: Upstream;
beforeAll(async () => {
  upstream = await openUpstream([callbackOf('authentik')]);
  second = await openUpstream([callbackOf('second')]);
  const entries = [upstream.entry, { ...second.entry, id: 'second' }];
  service = await withProviders(entries, (known) => startService(known));
});
afterAll(async () => {
  await service.stop();
  await Promise.all([upstream.close(), second.close()]);
});

let people = 0;

/** @returns the name at the provider */
async function somebodyLinked(): Promise<{ name: string; userId: string }> {
  const name = `person ${++people}`;
  const { email } = await register(service.url);
  upstream.people.set(name, { email });
  const userId = await linkUser(service, email, { issuer: upstream.issuer, subject: upstream.subjectOf(name) });
  return { name, userId };
}

const errorOf = ({ headers }: Answer) => new URL(String(headers['location'])).searchParams.get('error');
const whoIs = async (browser: Browser) => (await browser.go('GET', '/auth/me')).json['id'] as unknown;
const sessionsOf = async (userId: string) =>
  (await service.query('SELECT FROM refresh_tokens WHERE user_id = $1 AND NOT revoked', [userId])).length;

describe('U3', () => {
  it("an attacker's callback signs no victim in as the attacker, and ends no session of theirs", async () => {
    const attacker = await somebodyLinked();
    const browser = new UpstreamBrowser(service.url);
    const callback = await browser.atProvider(await browser.begin(), attacker.name);
    const victim = await Browser.signedIn(service.url);
    const before = await whoIs(victim);
    const answer = await victim.go('GET', callback, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(errorOf(answer)).toBe('upstream_request_invalid');
    expect(answer.cookies).toEqual([]);
    expect(await whoIs(victim)).toBe(before);
    // It was not used up: whoever began may still come back.
    await browser.navigate(callback);
    expect(await whoIs(browser)).toBe(attacker.userId);
  });

  it('the cookie of another sign-in is of no use, under its own name or under the right one', async () => {
    const { name } = await somebodyLinked();
    const [mine, theirs] = [new UpstreamBrowser(service.url), new UpstreamBrowser(service.url)];
    const callback = await theirs.atProvider(await theirs.begin(), name);
    await mine.begin();
    const [ownCookie] = [...mine.jar.values()];
    expect(errorOf(await mine.navigate(callback))).toBe('upstream_request_invalid');
    const nameOfTheirs = [...theirs.jar.keys()].find((key) => key.includes('upstream-')) ?? '';
    mine.jar.set(nameOfTheirs, { value: ownCookie?.value ?? '', path: '/', maxAge: 600 });
    expect(errorOf(await mine.navigate(callback))).toBe('upstream_request_invalid');
    expect(await whoIs(mine)).toBeUndefined();
  });

  it('the state is good once: the second time there is no second session', async () => {
    const { name, userId } = await somebodyLinked();
    const browser = new UpstreamBrowser(service.url);
    const callback = await browser.atProvider(await browser.begin(), name);
    const jar = new Map(browser.jar);
    await browser.navigate(callback);
    expect(await sessionsOf(userId)).toBe(1);
    const again = new UpstreamBrowser(service.url);
    for (const [key, cookie] of jar) again.jar.set(key, cookie);
    expect(errorOf(await again.navigate(callback))).toBe('upstream_request_invalid');
    expect(await sessionsOf(userId)).toBe(1);
  });

  it('twenty callbacks of one state at once start one session', async () => {
    const { name, userId } = await somebodyLinked();
    const browser = new UpstreamBrowser(service.url);
    const callback = await browser.atProvider(await browser.begin(), name);
    const headers = { cookie: browser.cookiesFor('/auth/upstream'), 'sec-fetch-site': 'cross-site' };
    const others = Array.from({ length: 20 }, () => new Browser(service.url).go('GET', callback, { headers }));
    const errors = (await Promise.all(others)).map(errorOf);
    expect(errors.filter((error) => error === null)).toHaveLength(1);
    expect(new Set(errors)).toEqual(new Set([null, 'upstream_request_invalid']));
    expect(await sessionsOf(userId)).toBe(1);
  });

  it('the state is over after ten minutes', async () => {
    const { name } = await somebodyLinked();
    const [early, late] = [new UpstreamBrowser(service.url), new UpstreamBrowser(service.url)];
    const callbacks = [
      await early.atProvider(await early.begin(), name),
      await late.atProvider(await late.begin(), name),
    ] as const;
    await service.advance(540);
    await early.navigate(callbacks[0]);
    await service.advance(61);
    expect(errorOf(await late.navigate(callbacks[1]))).toBe('upstream_request_invalid');
    expect(await whoIs(late)).toBeUndefined();
  });

  it('two tabs at once do not disturb each other, in any order', async () => {
    const { name, userId } = await somebodyLinked();
    const browser = new UpstreamBrowser(service.url);
    const [first, other] = [await browser.begin(), await browser.begin('?return_to=/account/devices')];
    expect([...browser.jar.keys()].filter((key) => key.startsWith('upstream-'))).toHaveLength(2);
    const [ofFirst, ofOther] = [await browser.atProvider(first, name), await browser.atProvider(other, name)];
    expect((await browser.navigate(ofOther)).headers['location']).toBe('http://auth.test/account/devices');
    expect((await browser.navigate(ofFirst)).headers['location']).toBe('http://auth.test/account');
    expect(await whoIs(browser)).toBe(userId);
    expect([...browser.jar.keys()].filter((key) => key.startsWith('upstream-'))).toEqual([]);
    expect(await sessionsOf(userId)).toBe(1);
  });

  it('a browser keeps ten of them: the eleventh takes the place of the oldest', async () => {
    const browser = new UpstreamBrowser(service.url);
    const states: string[] = [];
    for (let tab = 0; tab < 11; tab++) states.push((await browser.begin()).searchParams.get('state') ?? '');
    const kept = [...browser.jar].filter(([key]) => key.startsWith('upstream-')).map(([, { value }]) => value);
    expect(kept).toEqual(states.slice(1));
  });

  it('what one provider answers is of no use at the callback of another', async () => {
    const { name } = await somebodyLinked();
    const browser = new UpstreamBrowser(service.url);
    const callback = await browser.atProvider(await browser.begin(), name);
    const answer = await browser.navigate(callback.replace('/authentik/', '/second/'));
    expect(errorOf(answer)).toBe('upstream_request_invalid');
    expect(await whoIs(browser)).toBeUndefined();
  });

  it('a code of another sign-in is refused by its verifier, which the state of this one does not give', async () => {
    const attacker = await somebodyLinked();
    const victim = await somebodyLinked();
    const [ofAttacker, ofVictim] = [new UpstreamBrowser(service.url), new UpstreamBrowser(service.url)];
    const stolen = new URL(await ofVictim.atProvider(await ofVictim.begin(), victim.name), service.url);
    const own = new URL(await ofAttacker.atProvider(await ofAttacker.begin(), attacker.name), service.url);
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    const answer = await ofAttacker.navigate(own.pathname + own.search);
    expect(errorOf(answer)).toBe('upstream_request_invalid');
    expect(await sessionsOf(victim.userId)).toBe(0);
  });

  it.each(['', '?state=', '?code=x&state=x', `?code=x&state=${'x'.repeat(43)}`, '?error=access_denied', '?state=%00'])(
    'a callback that nobody began is refused (%s)',
    async (query) => {
      const answer = await new UpstreamBrowser(service.url).navigate(`/auth/upstream/authentik/callback${query}`);
      expect(errorOf(answer)).toBe('upstream_request_invalid');
    },
  );

  it('a state that comes twice is none', async () => {
    const { name } = await somebodyLinked();
    const browser = new UpstreamBrowser(service.url);
    const callback = await browser.atProvider(await browser.begin(), name);
    const state = new URL(callback, service.url).searchParams.get('state');
    expect(errorOf(await browser.navigate(`${callback}&state=${state}`))).toBe('upstream_request_invalid');
    expect(await whoIs(browser)).toBeUndefined();
  });
});

it('somebody who cancels at the provider is told so, and its words stay out of the address', async () => {
  const browser = new UpstreamBrowser(service.url);
  const answer = await browser.signIn('nobody of this name', '?return_to=/account/devices');
  const page = new URL(String(answer.headers['location']));
  expect(page.pathname).toBe('/account/sign-in');
  expect(Object.fromEntries(page.searchParams)).toEqual({
    upstream: 'authentik',
    error: 'upstream_declined',
    return_to: 'http://auth.test/account/devices',
  });
  expect(service.log.find(({ code }) => code === 'upstream_declined')).toMatchObject({
    event: 'upstream.refused',
    reason: expect.stringContaining('access_denied: nobody of this name'),
  });
});

it('a stranger gets no account where the provider may not sign people up', async () => {
  upstream.people.set('stranger', { email: 'stranger@example.com' });
  const browser = new UpstreamBrowser(service.url);
  expect(errorOf(await browser.signIn('stranger'))).toBe('upstream_declined');
  expect(await service.query("SELECT id FROM users WHERE email = 'stranger@example.com'")).toEqual([]);
});
