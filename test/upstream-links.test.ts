// Connecting an account with a provider, and disconnecting it.
import { expect, it, onTestFinished } from 'vitest';
import { bearer, Browser, call, me, mobile, principalOf, refresh } from './support/client.js';
import { openLiar } from './support/lying-provider.js';
import { startMailServerForTest } from './support/mail-server.js';
import { startRedis } from './support/redis.js';
import { type Service, startServiceForTest } from './support/service.js';
import { subjectOf } from './support/upstream-provider.js';
import { linkUser, startWithUpstream, UpstreamBrowser, withProviders } from './support/upstream-way.js';

const landing = (answer: { headers: Record<string, unknown> }) => String(answer.headers['location']);
const identitiesOf = (service: Service, userId: string) =>
  service.query<{ id: string; issuer: string; subject: string; email_seen: string | null }>(
    'SELECT * FROM upstream_identities WHERE user_id = $1 ORDER BY subject',
    [userId],
  );
const own = (browser: Browser) => browser.go('GET', '/auth/identities');
const remove = (browser: Browser, id: string) => browser.go('DELETE', `/auth/identities/${id}`);

/** A browser that is signed in by a password. */
async function signedIn(service: Service, given?: { email: string; password: string }) {
  const { person, ...tokens } = await mobile(service.url, given);
  const browser = new UpstreamBrowser(service.url);
  expect((await browser.go('POST', '/auth/login', { body: { ...person, transport: 'cookie' } })).status).toBe(200);
  return { person, browser, other: tokens, ...principalOf(tokens.accessToken) };
}

const beginLink = (browser: Browser, body: object = {}) =>
  browser.go('POST', '/auth/upstream/authentik/link', { body });

/** @returns the answer of the callback */
async function link(browser: UpstreamBrowser, name: string, body: object = {}) {
  const { status, json } = await beginLink(browser, body);
  expect(status).toBe(200);
  return browser.navigate(await browser.atProvider(new URL(json['location']), name));
}

it('connects the account of the session that began it, ends the other sessions, and is told by mail and event', async () => {
  const mail = await startMailServerForTest();
  const { service, upstream } = await startWithUpstream({ settings: mail.settings });
  const { person, browser, other, userId } = await signedIn(service);
  upstream.people.set('ada', { email: 'elsewhere@example.org' });
  expect(landing(await link(browser, 'ada'))).toBe('http://auth.test/account/connections?connected=authentik');
  expect((await browser.go('GET', '/auth/me')).json).toMatchObject({ id: userId, email: person.email });
  expect((await me(service.url, other.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
  expect((await refresh(service.url, other.refreshToken)).json['session']).toBe('ended');
  expect((await mail.mailTo(person.email, 'identity_linked')).text).toContain('signing in at Authentik');
  const events = await service.query('SELECT type, details FROM audit_events WHERE user_id = $1', [userId]);
  expect(events).toContainEqual({ type: 'identity.linked', details: { provider: 'authentik' } });
  expect(events).toContainEqual({ type: 'session.ended', details: { reason: 'identity_changed' } });
  const { json } = await own(browser);
  expect(json).toMatchObject({ hasPassword: true });
  expect(json['identities']).toEqual([
    {
      id: expect.any(String),
      ...{ provider: 'authentik', label: 'Authentik', email: 'elsewhere@example.org' },
      ...{ linkedAt: expect.any(String), lastUsedAt: expect.any(String) },
    },
  ]);
  // The provider opens it from now on, whatever address it names.
  upstream.people.set('ada', { email: 'moved@example.org' });
  const again = new UpstreamBrowser(service.url);
  expect(landing(await again.signIn('ada'))).toBe('http://auth.test/account');
  expect((await again.go('GET', '/auth/me')).json).toMatchObject({ id: userId, email: person.email });
  expect(await identitiesOf(service, userId)).toMatchObject([{ email_seen: 'moved@example.org' }]);
  // A second time nothing changes, and nobody is signed out.
  expect(landing(await link(again, 'ada'))).toContain('connected=authentik');
  expect((await browser.go('GET', '/auth/me')).status).toBe(200);
});

it('needs a recent proof, and so does disconnecting; a new sign-in at the provider is one', async () => {
  const { service, upstream } = await startWithUpstream();
  const { browser, userId } = await signedIn(service);
  upstream.people.set('ada', { email: 'ada@example.com' });
  await link(browser, 'ada');
  await service.query(`UPDATE refresh_tokens SET authenticated_at = authenticated_at - interval '901 seconds'`);
  await browser.go('POST', '/auth/refresh');
  const [identity] = await identitiesOf(service, userId);
  for (const answer of [await beginLink(browser), await remove(browser, identity?.id ?? '')])
    expect(answer.json).toMatchObject({ status: 403, code: 'reauthentication_required' });
  await browser.signIn('ada', '?fresh=true');
  expect((await remove(browser, identity?.id ?? '')).status).toBe(204);
});

it('a session that ended meanwhile is not connected, and neither is one of another browser', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const { browser, userId } = await signedIn(service);
  const back = await browser.atProvider(new URL((await beginLink(browser)).json['location']), 'ada');
  const stranger = new UpstreamBrowser(service.url);
  expect(landing(await stranger.navigate(back))).toContain('error=upstream_request_invalid');
  const again = await browser.atProvider(new URL((await beginLink(browser)).json['location']), 'ada');
  expect((await browser.go('POST', '/auth/logout')).status).toBe(204);
  expect(landing(await browser.navigate(again))).toContain('error=upstream_request_invalid');
  expect(await identitiesOf(service, userId)).toEqual([]);
});

it('an identity belongs to one account, of two that connect it at once, too', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const [one, two] = [await signedIn(service), await signedIn(service)];
  const landings = (await Promise.all([link(one.browser, 'ada'), link(two.browser, 'ada')])).map(landing);
  expect(landings.filter((each) => each.includes('connected=authentik'))).toHaveLength(1);
  expect(landings.filter((each) => each.includes('error=identity_taken'))).toHaveLength(1);
  expect([...(await identitiesOf(service, one.userId)), ...(await identitiesOf(service, two.userId))]).toHaveLength(1);
});

it('an account has at most ten identities', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const { browser, person, userId } = await signedIn(service);
  for (let each = 0; each < 10; each++)
    await linkUser(service, person.email, { issuer: upstream.issuer, subject: `subject ${each}` });
  expect(landing(await link(browser, 'ada'))).toContain('error=too_many_factors');
  expect(await identitiesOf(service, userId)).toHaveLength(10);
});

it("somebody else's identity, none and a malformed id are one answer", async () => {
  const { service, upstream } = await startWithUpstream();
  const [ada, eve] = [await signedIn(service), await signedIn(service)];
  await linkUser(service, ada.person.email, { issuer: upstream.issuer, subject: subjectOf('ada') });
  const [identity] = await identitiesOf(service, ada.userId);
  for (const id of [identity?.id ?? '', ada.userId, 'x'])
    expect([id, (await remove(eve.browser, id)).json['code']]).toEqual([id, 'not_found']);
  expect(await identitiesOf(service, ada.userId)).toHaveLength(1);
});

it('disconnecting ends the other sessions and closes that way; the last way stays', async () => {
  const mail = await startMailServerForTest();
  const { service, upstream } = await startWithUpstream({ entry: { allowSignUp: true }, settings: mail.settings });
  upstream.people.set('ada', { email: 'ada@example.com' });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  const { id: userId } = (await browser.go('GET', '/auth/me')).json;
  expect((await own(browser)).json).toMatchObject({ hasPassword: false });
  const [first] = await identitiesOf(service, userId);
  expect((await remove(browser, first?.id ?? '')).json).toMatchObject({ status: 409, code: 'last_factor' });
  await linkUser(service, 'ada@example.com', { issuer: upstream.issuer, subject: subjectOf('also ada') });
  upstream.people.set('also ada', { email: 'ada@example.com' });
  const tablet = new UpstreamBrowser(service.url);
  await tablet.signIn('also ada');
  const ids = (await identitiesOf(service, userId)).map(({ id }) => id);
  const answers = await Promise.all(ids.map((id) => remove(browser, id)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409]);
  expect(await identitiesOf(service, userId)).toHaveLength(1);
  expect((await tablet.go('GET', '/auth/me')).json['code']).toBe('token_revoked');
  expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  expect((await mail.mailTo('ada@example.com', 'identity_removed')).text).toContain('Authentik');
  const events = await service.query('SELECT type, details FROM audit_events WHERE user_id = $1', [userId]);
  expect(events).toContainEqual({ type: 'identity.removed', details: { provider: 'authentik' } });
});

it('of two connections that go at once one is left, if there is no other way to sign in', async () => {
  const { service, upstream } = await startWithUpstream({ entry: { allowSignUp: true } });
  upstream.people.set('ada', { email: 'ada@example.com' });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  const { id: userId } = (await browser.go('GET', '/auth/me')).json;
  for (let round = 0; round < 8; round++) {
    await linkUser(service, 'ada@example.com', { issuer: upstream.issuer, subject: `another one, ${round}` });
    const ids = (await identitiesOf(service, userId)).map(({ id }) => id);
    const answers = await Promise.all(ids.map((id) => remove(browser, id)));
    expect([round, ...answers.map(({ status }) => status).toSorted()]).toEqual([round, 204, 409]);
    expect(await identitiesOf(service, userId)).toHaveLength(1);
  }
});

it('an identity of a provider that is not configured any more is shown, and is no way to sign in', async () => {
  const { service, upstream } = await startWithUpstream({ entry: { allowSignUp: true, trustEmailVerified: true } });
  upstream.people.set('ada', { email: 'ada@example.com', email_verified: true });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  await linkUser(service, 'ada@example.com', { issuer: 'https://old.example.com/realms/x', subject: 'old' });
  const { identities } = (await own(browser)).json as { identities: { id: string; provider: string | null }[] };
  const old = identities.find(({ provider }) => provider === null);
  expect(old).toMatchObject({ label: 'old.example.com', lastUsedAt: null });
  const here = identities.find(({ provider }) => provider === 'authentik');
  expect((await remove(browser, here?.id ?? '')).json['code']).toBe('last_factor');
  expect((await remove(browser, old?.id ?? '')).status).toBe(204);
});

it('a provider that nobody configured, and what only apps send, are refused', async () => {
  const { service } = await startWithUpstream();
  const { browser, other } = await signedIn(service);
  expect((await browser.go('POST', '/auth/upstream/nobody/link', { body: {} })).json['code']).toBe('not_found');
  expect((await beginLink(browser, { codeChallenge: 'x'.repeat(43) })).json['code']).toBe('invalid_request');
  const headers = bearer(other.accessToken);
  const begun = await call(service.url, 'POST', '/auth/upstream/authentik/link', {
    body: { returnTo: 'https://elsewhere.example.com', codeChallenge: 'x'.repeat(43) },
    headers,
  });
  expect(begun.json).toMatchObject({ status: 400, code: 'invalid_request' });
});

it('a provider that is down or lies is no place to send anybody, and one network begins so many times', async () => {
  const [wrong, down] = [await openLiar('wrong'), await openLiar('down')];
  onTestFinished(() => wrong.close());
  await down.close();
  wrong.lie = {
    answers: (_, response) => Boolean(response.writeHead(200, { 'content-type': 'application/json' }).end('{}')),
  };
  const limit = { UPSTREAM_STARTS_PER_ADDRESS: '10' };
  const service = await withProviders([wrong.entry, down.entry], (known) =>
    startServiceForTest({ ...known, ...limit }),
  );
  const { browser } = await signedIn(service);
  const codes = [];
  for (const id of ['wrong', ...Array<string>(10).fill('down')])
    codes.push((await browser.go('POST', `/auth/upstream/${id}/link`, { body: {} })).json['code']);
  expect([codes[0], codes[1], codes.at(-1)]).toEqual(['upstream_invalid', 'upstream_unavailable', 'too_many_attempts']);
});

it('disconnecting is done while Redis is away, and says that others may not know of it yet; the session goes on', async () => {
  const redis = await startRedis();
  const { service, upstream } = await startWithUpstream({
    settings: { REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100' },
  });
  const ada = await signedIn(service);
  const { browser } = await signedIn(service, ada.person);
  await linkUser(service, ada.person.email, { issuer: upstream.issuer, subject: subjectOf('ada') });
  const [identity] = await identitiesOf(service, ada.userId);
  await redis.stop();
  expect((await remove(browser, identity?.id ?? '')).json).toMatchObject({
    status: 503,
    code: 'revocation_unconfirmed',
    session: 'keep',
  });
  expect(await identitiesOf(service, ada.userId)).toEqual([]);
});
