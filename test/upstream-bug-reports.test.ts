// Public bug reports about signing in at other providers, each tried on us. The link is the report; the code is ours.
import { expect, it, onTestFinished } from 'vitest';
import { call, mobile, somebody } from './support/client.js';
import { openLiar, SUBJECT } from './support/lying-provider.js';
import { type Service, startServiceForTest } from './support/service.js';
import { linkedUser, linkUser, startWithUpstream, UpstreamBrowser, withProviders } from './support/upstream-way.js';

const ACCOUNT = 'http://auth.test/account';

async function start(entry: Record<string, unknown> = {}) {
  const { service, upstream } = await startWithUpstream({ entry });
  upstream.people.set('ada', { email: 'ada@example.com', email_verified: true });
  return { service, upstream };
}

async function startKnown() {
  const { service, upstream } = await start();
  const { userId } = await linkedUser(service, upstream.issuer, 'ada');
  return { service, userId, browser: new UpstreamBrowser(service.url) };
}

const sessions = async (service: Service) => {
  const [row] = await service.query<{ n: number }>('SELECT count(*)::int AS n FROM refresh_tokens');
  return row?.n;
};

// https://github.com/nextauthjs/next-auth/issues/7894
// https://github.com/auth0/express-openid-connect/issues/43
// https://github.com/mozilla/mozilla-django-oidc/issues/435
it('three tabs that begin at the same moment all arrive, in any order', async () => {
  const { browser } = await startKnown();
  const begun = await Promise.all([browser.begin(), browser.begin(), browser.begin()]);
  for (const location of begun.toReversed()) {
    const answer = await browser.navigate(await browser.atProvider(location, 'ada'));
    expect(answer.headers['location']).toBe(ACCOUNT);
  }
});

// https://github.com/auth0/express-openid-connect/issues/43 (the comment on "Request Too Long")
it('sign-ins that were given up do not fill the browser with cookies', async () => {
  const { browser } = await startKnown();
  for (let n = 0; n < 30; n++) await browser.begin();
  expect(browser.cookiesFor('/').length).toBeLessThan(2_000);
  expect((await browser.signIn('ada')).headers['location']).toBe(ACCOUNT);
});

// https://github.com/panva/openid-client/issues/208, https://github.com/mozilla/mozilla-django-oidc/issues/497
// https://github.com/roundcube/roundcubemail/issues/10212, https://github.com/quarkusio/quarkus/issues/30797
it('no cookie of the way is SameSite=Strict: the chain of redirects begins at another site', async () => {
  const { browser } = await startKnown();
  const begun = await browser.navigate('/auth/upstream/authentik', 'none');
  const back = await browser.navigate(await browser.atProvider(new URL(String(begun.headers['location'])), 'ada'));
  for (const line of [...begun.cookies, ...back.cookies]) expect(line).toMatch(/; SameSite=Lax/i);
  expect(back.cookies.length).toBeGreaterThan(3);
});

// https://github.com/nextcloud/user_oidc/pull/1537, https://github.com/streamlit/streamlit/pull/15589
it.each([
  { 'sec-purpose': 'prefetch' },
  { 'sec-purpose': 'prefetch;prerender' },
  { 'sec-purpose': 'prefetch;anonymous-client-ip' },
  { purpose: 'prefetch' },
  { 'x-moz': 'prefetch' },
])('a browser that fetches the callback ahead (%j) spends nothing: the navigation arrives', async (headers) => {
  const { service, browser } = await startKnown();
  const callback = await browser.atProvider(await browser.begin(), 'ada');
  const ahead = await browser.go('GET', callback, { headers: { 'sec-fetch-site': 'cross-site', ...headers } });
  expect([ahead.status, ahead.cookies, ahead.headers['location']]).toEqual([503, [], undefined]);
  expect(await sessions(service)).toBe(0);
  expect((await browser.navigate(callback)).headers['location']).toBe(ACCOUNT);
});

// https://github.com/AtalayaLabs/OxiCloud/issues/510, https://github.com/suitenumerique/django-lasuite/pull/90
it('a callback that a service worker or a reload sends twice leaves the person signed in', async () => {
  const { service, browser } = await startKnown();
  const callback = await browser.atProvider(await browser.begin(), 'ada');
  const before = (await sessions(service)) ?? 0;
  const [first, second] = [await browser.navigate(callback), await browser.navigate(callback)];
  expect(first.headers['location']).toBe(ACCOUNT);
  expect([second.status, second.headers['location']]).toEqual([
    303,
    'http://auth.test/account/sign-in?upstream=authentik&error=upstream_request_invalid',
  ]);
  expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  expect(await sessions(service)).toBe(before + 1);
});

// https://github.com/better-auth/better-auth/pull/9578
it('an account that somebody opened ahead under your address does not get your identity', async () => {
  const { service } = await start({ allowSignUp: true, trustEmailVerified: true });
  const attacker = await mobile(service.url, await registered(service, 'ada@example.com'));
  const answer = await new UpstreamBrowser(service.url).signIn('ada');
  expect(String(answer.headers['location'])).toContain('error=link_required');
  expect(await service.query('SELECT 1 FROM upstream_identities')).toEqual([]);
  expect(
    (await call(service.url, 'POST', '/auth/refresh', { body: { refreshToken: attacker.refreshToken } })).status,
  ).toBe(200);
});

async function registered(service: Service, email: string) {
  const person = { ...somebody(), email };
  expect((await call(service.url, 'POST', '/auth/register', { body: person })).status).toBe(201);
  return person;
}

// https://github.com/josuebrunel/ezauth/issues/87, https://github.com/talex-touch/tuff/issues/916
it('whoever names your address at a provider does not get your account', async () => {
  const { service, upstream } = await start({ allowSignUp: true, trustEmailVerified: true });
  const victim = await registered(service, 'victim@example.com');
  await service.query('UPDATE users SET email_verified_at = protocol_now() WHERE email = $1', [victim.email]);
  for (const email of ['victim@example.com', 'VICTIM@example.com', ' victim@example.com', 'victim@EXAMPLE.com']) {
    upstream.people.set('eve', { email, email_verified: true });
    const answer = await new UpstreamBrowser(service.url).signIn('eve');
    expect(String(answer.headers['location'])).toMatch(/error=(link_required|upstream_declined)/);
  }
  expect(await service.query('SELECT 1 FROM upstream_identities')).toEqual([]);
});

// https://github.com/better-auth/better-auth/pull/11260
it('whoever registers the unverified address of an account that a provider opened does not erase it', async () => {
  const { service, upstream } = await start({ allowSignUp: true });
  const browser = new UpstreamBrowser(service.url);
  expect((await browser.signIn('ada')).headers['location']).toBe(ACCOUNT);
  const { json } = await browser.go('GET', '/auth/me');
  const second = await call(service.url, 'POST', '/auth/register', {
    body: { ...somebody(), email: 'ada@example.com' },
  });
  expect(second.json['code']).toBe('email_taken');
  const again = new UpstreamBrowser(service.url);
  await again.signIn('ada');
  expect((await again.go('GET', '/auth/me')).json['id']).toBe(json['id']);
  expect(await service.query('SELECT subject FROM upstream_identities')).toEqual([
    { subject: upstream.subjectOf('ada') },
  ]);
});

// https://github.com/envoyproxy/envoy/issues/36871: a provider that mangles what is no plain text in a state
it('state, nonce and challenge are letters, digits, - and _', async () => {
  const { browser } = await startKnown();
  const { searchParams } = await browser.begin();
  for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/);
});

// https://github.com/panva/openid-client/issues/10, https://github.com/zamzterz/Flask-pyoidc/issues/147
// https://github.com/DuendeArchive/IdentityServer4/issues/1298 (twenty minutes are no skew any more)
it.each([
  [5, ACCOUNT],
  [20, ACCOUNT],
  [1_200, 'http://auth.test/account/sign-in?upstream=liar&error=upstream_invalid'],
])("a provider's clock that is %i s ahead", async (seconds, landing) => {
  const liar = await openLiar();
  onTestFinished(() => liar.close());
  const service = await withProviders([liar.entry], (known) => startServiceForTest(known));
  await linkUser(service, (await registered(service, 'ada@example.com')).email, {
    issuer: liar.issuer,
    subject: SUBJECT,
  });
  liar.lie = {
    claims: (honest) => ({ ...honest, iat: Number(honest['iat']) + seconds, exp: Number(honest['exp']) + seconds }),
  };
  expect((await new UpstreamBrowser(service.url, 'liar').signIn('ada')).headers['location']).toBe(landing);
});

// https://github.com/keycloak/keycloak/issues/51218: see upstream-logout.test.ts, "a logout token counts once"
// https://github.com/element-hq/matrix-authentication-service/issues/4960: src/upstream/logout/logout-token.test.ts, "no exp"
