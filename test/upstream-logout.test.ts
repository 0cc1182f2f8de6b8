// Logouts here that reach the provider, and logouts there that reach us (OpenID Connect RP-Initiated Logout 1.0,
// Back-Channel Logout 1.0), against the real provider and against forged logout tokens.
import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { LOGOUT_EVENT } from '../src/upstream/logout/logout-token.js';
import { bearer, call, me, mobile } from './support/client.js';
import { enrolled, factorOf } from './support/factors.js';
import type { Service } from './support/service.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';
import { subjectOf } from './support/upstream-provider.js';

const LOGOUT = 'http://auth.test/auth/upstream/authentik/logout';

let signingKey: CryptoKey;
let foreignKey: CryptoKey;
let jwks: { keys: object[] };
beforeAll(async () => {
  const own = await generateKeyPair('RS256', { extractable: true });
  signingKey = own.privateKey;
  foreignKey = (await generateKeyPair('RS256')).privateKey;
  jwks = { keys: [{ ...(await exportJWK(own.privateKey)), kid: 'first', alg: 'RS256', use: 'sig' }] };
});

const addressOf = (target: string | URL | Request) => (target instanceof Request ? target.url : String(target));

/** A provider that reaches the service, whose address it does not know when it starts. */
async function start({ entry = {}, settings = {}, client = {} } = {}) {
  let url = '';
  const started = await startWithUpstream({
    ...{ entry, settings },
    wanted: {
      jwks,
      // Its own guard against addresses of this machine is left out.
      fetch: (address, options) =>
        fetch(
          addressOf(address).replace('http://auth.test', url),
          Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => name !== 'dispatcher')),
        ),
    },
    client: { backchannel_logout_uri: LOGOUT, backchannel_logout_session_required: true, ...client },
  });
  url = started.service.url;
  started.upstream.people.set('ada', { email: 'ada@example.com' });
  started.upstream.people.set('bob', { email: 'bob@example.com' });
  return started;
}

/** Signs out at the provider, as its own page does. */
async function signOutThere(location: string, browser: UpstreamBrowser): Promise<Response> {
  const cookie = [...browser.theirs].map(([key, value]) => `${key}=${value}`).join('; ');
  const page = await fetch(location, { headers: { cookie }, redirect: 'manual' });
  const text = await page.text();
  expect([page.status, text]).toEqual([200, expect.stringContaining('xsrf')]);
  const [, action = ''] = /action="([^"]+)"/.exec(text) ?? [];
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(text) ?? [];
  const body = new URLSearchParams({ xsrf, logout: 'yes' });
  return fetch(new URL(action, location), { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
}

const isSignedIn = async (browser: UpstreamBrowser) => (await browser.go('GET', '/auth/me')).status === 200;

async function signedIn(service: Service, name: string): Promise<UpstreamBrowser> {
  const browser = new UpstreamBrowser(service.url);
  expect((await browser.signIn(name)).headers['location']).toBe('http://auth.test/account');
  return browser;
}

it('a logout with upstream=true ends our session, and names where the one at the provider ends', async () => {
  const { service, upstream } = await start({
    entry: { returnAfterLogout: true },
    client: { post_logout_redirect_uris: ['http://auth.test/account/sign-in'] },
  });
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  const answer = await browser.go('POST', '/auth/logout?upstream=true');
  expect([answer.status, Object.keys(answer.json)]).toEqual([200, ['location']]);
  expect(await isSignedIn(browser)).toBe(false);
  const location = new URL(answer.json['location']);
  expect(location.href.split('?')[0]).toBe(`${upstream.issuer}session/end`);
  expect(Object.fromEntries(location.searchParams)).toEqual({
    client_id: 'watchword',
    id_token_hint: expect.stringMatching(/^eyJ/),
    post_logout_redirect_uri: 'http://auth.test/account/sign-in',
  });
  const back = await signOutThere(location.href, browser);
  expect([back.status, back.headers.get('location')]).toEqual([303, 'http://auth.test/account/sign-in']);
});

it('a logout without it, of a session that began elsewhere, or a second time, answers as ever', async () => {
  const { service, upstream } = await start();
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  const stale = browser.cookie('access_token')?.value ?? '';
  const plain = await browser.go('POST', '/auth/logout');
  expect([plain.status, plain.text]).toEqual([204, '']);
  // An access token of a session that is over gets nobody the ID token.
  const again = await call(service.url, 'POST', '/auth/logout?upstream=true', {
    headers: { cookie: `access_token=${stale}`, origin: 'http://auth.test' },
  });
  expect([again.status, again.text]).toEqual([204, '']);
  const phone = await mobile(service.url);
  const local = await call(service.url, 'POST', '/auth/logout?upstream=true', { headers: bearer(phone.accessToken) });
  expect([local.status, local.text]).toEqual([204, '']);
  expect((await me(service.url, phone.accessToken)).status).toBe(401);
  for (const query of ['?upstream=yes', '?upstream=true&x=1', '?x=1'])
    expect((await call(service.url, 'POST', `/auth/logout${query}`)).json['code']).toBe('invalid_request');
});

it('a logout ends our session even if the provider is down', async () => {
  const { service, upstream } = await start();
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  await upstream.close();
  const answer = await browser.go('POST', '/auth/logout?upstream=true');
  expect([200, 204]).toContain(answer.status);
  expect(await isSignedIn(browser)).toBe(false);
});

it('whoever signs out at the provider is signed out here: that session, and no other', async () => {
  const { service, upstream } = await start();
  const { userId } = await linkedUser(service, upstream.issuer, 'ada');
  await linkedUser(service, upstream.issuer, 'bob');
  const [laptop, desktop, bob] = [
    await signedIn(service, 'ada'),
    await signedIn(service, 'ada'),
    await signedIn(service, 'bob'),
  ];
  await signOutThere(`${upstream.issuer}session/end?client_id=watchword`, laptop);
  expect([await isSignedIn(laptop), await isSignedIn(desktop), await isSignedIn(bob)]).toEqual([false, true, true]);
  const ended = await service.query<{ details: object }>(
    `SELECT details FROM audit_events WHERE user_id = $1 AND type = 'session.ended'`,
    [userId],
  );
  expect(ended).toEqual([{ details: { reason: 'upstream_logout' } }]);
});

async function forge(issuer: string, claims: JWTPayload = {}, { key = signingKey, header = {} } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({
    ...{ iss: issuer, aud: 'watchword', iat: now, exp: now + 120, jti: randomUUID() },
    ...{ events: { [LOGOUT_EVENT]: {} }, sub: subjectOf('ada'), ...claims },
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: 'first', ...header })
    .sign(key);
}

const send = (service: Service, token: string, path = '/auth/upstream/authentik/logout') =>
  call(service.url, 'POST', path, {
    rawBody: new URLSearchParams({ logout_token: token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

it('refuses every logout token that is not the provider’s, with one answer, and ends nothing', async () => {
  const { service, upstream } = await start();
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  const { issuer } = upstream;
  const good = await forge(issuer);
  const [head = '', , signature = ''] = good.split('.');
  const payload = Buffer.from(JSON.stringify({ sub: subjectOf('ada') })).toString('base64url');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url');
  const lies: Record<string, string> = {
    'a foreign key': await forge(issuer, {}, { key: foreignKey }),
    'an unknown key': await forge(issuer, {}, { key: foreignKey, header: { kid: 'unknown' } }),
    'alg none': `${unsigned}.${good.split('.')[1]}.`,
    'another payload': `${head}.${payload}.${signature}`,
    'another issuer': await forge(issuer.slice(0, -1)),
    'another client': await forge(issuer, { aud: 'other' }),
    'a nonce': await forge(issuer, { nonce: 'n' }),
    'no events': await forge(issuer, { events: undefined }),
    'no jti': await forge(issuer, { jti: undefined as never }),
    'an exp that has passed': await forge(issuer, { exp: 1 }),
    'the typ of an access token': await forge(issuer, {}, { header: { typ: 'at+jwt' } }),
    'an ID token of the person': await idTokenOf(service, 'ada'),
    'no JWT': 'garbage',
  };
  const answers = new Set<string>();
  for (const [lie, token] of Object.entries(lies)) {
    const answer = await send(service, token);
    expect([lie, answer.status, answer.json['error']]).toEqual([lie, 400, 'invalid_request']);
    answers.add(JSON.stringify({ ...answer.json, requestId: '' }));
  }
  expect(answers.size).toBe(1);
  expect(await isSignedIn(browser)).toBe(true);
  expect((await send(service, good, '/auth/upstream/nobody/logout')).status).toBe(404);
  expect((await call(service.url, 'POST', '/auth/upstream/authentik/logout')).status).toBe(400);
  const acted = await send(service, good);
  expect([acted.status, acted.text, acted.headers['cache-control']]).toEqual([200, '', 'no-store']);
  expect(await isSignedIn(browser)).toBe(false);
});

/** The one that we keep, as a logout hands it out. */
async function idTokenOf(service: Service, name: string): Promise<string> {
  const browser = await signedIn(service, name);
  const { json } = await browser.go('POST', '/auth/logout?upstream=true');
  return new URL(json['location']).searchParams.get('id_token_hint') ?? '';
}

it('a logout token counts once: whoever replays it does not end the session that began since', async () => {
  const { service, upstream } = await start();
  await linkedUser(service, upstream.issuer, 'ada');
  const before = [await signedIn(service, 'ada'), await signedIn(service, 'ada')];
  const token = await forge(upstream.issuer);
  const answers = await Promise.all([send(service, token), send(service, token), send(service, token)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
  for (const browser of before) expect(await isSignedIn(browser)).toBe(false);
  const since = await signedIn(service, 'ada');
  expect((await send(service, token)).status).toBe(400);
  expect(await isSignedIn(since)).toBe(true);
  const rows = await service.query('SELECT issuer FROM upstream_logouts WHERE expires_at > protocol_now()');
  expect(rows).toEqual([{ issuer: upstream.issuer }]);
});

it('a logout of somebody unknown, or of an unknown session, is answered like any other and ends nothing', async () => {
  const { service, upstream } = await start();
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  const strangers = [
    { sub: 'nobody' },
    { sub: undefined as never, sid: 'unknown' },
    { sid: 'unknown' },
    { sub: "' OR true --" },
  ];
  for (const claims of strangers) {
    const answer = await send(service, await forge(upstream.issuer, claims));
    expect([answer.status, answer.text]).toEqual([200, '']);
  }
  expect(await isSignedIn(browser)).toBe(true);
});

it('a sign-in that still waits for its second factor when the person signs out there gets no session', async () => {
  const { service, upstream } = await start();
  const person = await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  await service.query('UPDATE upstream_sign_ins SET session_id = NULL WHERE user_id = $1', [person.userId]);
  expect((await send(service, await forge(upstream.issuer))).status).toBe(200);
  expect(await service.query('SELECT id FROM upstream_sign_ins')).toEqual([]);
  expect(await isSignedIn(browser)).toBe(true); // no longer of that sign-in
});

it('garbage makes us ask the provider for its keys at most once in half a minute, and is limited', async () => {
  const { service, upstream } = await start({ settings: { FAILURES_PER_ADDRESS: '60' } });
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  const fetched = vi.spyOn(globalThis, 'fetch');
  onTestFinished(() => fetched.mockRestore());
  for (let n = 0; n < 20; n++)
    expect(
      (await send(service, await forge(upstream.issuer, {}, { key: foreignKey, header: { kid: `k${n}` } }))).status,
    ).toBe(400);
  for (let n = 0; n < 20; n++)
    expect((await send(service, await forge('https://elsewhere.example/'))).status).toBe(400);
  expect(fetched.mock.calls.filter(([url]) => addressOf(url).endsWith('/jwks')).length).toBe(1);
  // The provider's own tokens still count in between.
  expect((await send(service, await forge(upstream.issuer))).status).toBe(200);
  expect(await isSignedIn(browser)).toBe(false);
  const statuses = new Set<number>();
  for (let n = 0; n < 25; n++) statuses.add((await send(service, 'garbage')).status);
  expect(statuses).toEqual(new Set([400, 429]));
  expect((await signedIn(service, 'ada')).jar.size).toBeGreaterThan(0); // sign-in is not closed by it
});

it('a provider whose keys are not to be had is answered 503, so that it may try again', async () => {
  const { service, upstream } = await start();
  const token = await forge(upstream.issuer);
  await upstream.close();
  const answer = await send(service, token);
  expect([answer.status, answer.json['code']]).toEqual([503, 'upstream_unavailable']);
});

it('a person whose second factor is due when they sign out there is not signed in by it', async () => {
  const { service, upstream } = await start();
  const person = await linkedUser(service, upstream.issuer, 'ada');
  const { code } = await enrolled(service, person);
  const browser = new UpstreamBrowser(service.url);
  expect((await browser.signIn('ada')).headers['location']).toContain('/account/factor');
  expect((await send(service, await forge(upstream.issuer))).status).toBe(200);
  const answer = await factorOf(browser, { totp: await code() });
  expect([answer.status, answer.json['code']]).toEqual([401, 'factor_ticket_invalid']);
  expect(await isSignedIn(browser)).toBe(false);
});

it('a logout by a bearer token names the end at the provider as well', async () => {
  const { service, upstream } = await start();
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = await signedIn(service, 'ada');
  const headers = bearer(browser.cookie('access_token')?.value ?? '');
  const answer = await call(service.url, 'POST', '/auth/logout?upstream=true', { headers });
  expect(new URL(answer.json['location']).searchParams.get('client_id')).toBe('watchword');
  const again = await call(service.url, 'POST', '/auth/logout?upstream=true', { headers });
  expect([again.status, again.text]).toEqual([204, '']);
});
