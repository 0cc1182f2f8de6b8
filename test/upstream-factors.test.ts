// The second factor after a sign-in at a provider.
import { expect, it } from 'vitest';
import { type Answer, Browser } from './support/client.js';
import { codeOf, enrolled, factorOf, seedIn, stepNow } from './support/factors.js';
import type { Service } from './support/service.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

const landing = (answer: Pick<Answer, 'headers'>) => new URL(String(answer.headers['location']));
const me = (browser: Browser) => browser.go('GET', '/auth/me');
/** The sessions that began at a provider: how, and for how long at most. */
const begun = (service: Service) =>
  service.query<{ methods: string[]; hours: number }>(
    `SELECT s.methods, extract(epoch FROM s.absolute_expires_at - s.created_at)::float / 3600 AS hours
       FROM upstream_sign_ins i JOIN refresh_tokens s ON s.user_id = i.user_id AND s.id = i.session_id`,
  );
const capped = { maxSessionHours: 9 };

it('U4: an account with a second factor is asked for it after the provider, and the session is still capped', async () => {
  const { service, upstream } = await startWithUpstream({ entry: capped });
  upstream.people.set('ada', { email: 'ada@example.com', amr: ['mfa'], acr: 'mfa' });
  const ada = await enrolled(service, await linkedUser(service, upstream.issuer, 'ada'));
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada')).pathname).toBe('/account/factor');
  expect((await me(browser)).status).toBe(401);
  expect(await begun(service)).toEqual([]);
  expect((await factorOf(browser, { totp: await ada.wrongCode() })).status).toBe(401);
  expect((await factorOf(browser, { totp: await ada.code() })).status).toBe(200);
  expect((await me(browser)).json['id']).toBe(ada.userId);
  expect(await begun(service)).toEqual([{ methods: ['otp', 'mfa'], hours: 9 }]);
});

it.each([
  ['acr', { acr: 'urn:two' }, { acr: 'urn:one' }],
  ['amr', { amr: ['pwd', 'urn:two'] }, { amr: ['mfa'] }],
])('U4: it is not asked for where the provider is trusted with it and has met it, by %s', async (claim, met, unmet) => {
  const { service, upstream } = await startWithUpstream({
    entry: { ...capped, secondFactor: { claim, values: ['urn:two'] } },
  });
  const ada = await enrolled(service, await linkedUser(service, upstream.issuer, 'ada'));
  upstream.people.set('ada', { email: 'ada@example.com', ...met });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada')).pathname).toBe('/account');
  expect((await me(browser)).json).toMatchObject({ id: ada.userId, methods: ['mfa'] });
  expect(await begun(service)).toEqual([{ methods: ['mfa'], hours: 9 }]);
  upstream.people.set('ada', { email: 'ada@example.com', ...unmet });
  expect(landing(await new UpstreamBrowser(service.url).signIn('ada')).pathname).toBe('/account/factor');
});

it('U4: a role that needs a factor, and came by the claim, sets one up before the session, which is still capped', async () => {
  const entry = { ...capped, allowSignUp: true, roles: { claim: 'groups', map: { wizards: 'admin' } } };
  const { service, upstream } = await startWithUpstream({ entry, settings: { MFA_REQUIRED_ROLES: 'admin' } });
  upstream.people.set('ada', { email: 'ada@example.com', groups: ['wizards'] });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada')).pathname).toBe('/account/enrol');
  expect((await me(browser)).status).toBe(401);
  const { json } = await browser.go('POST', '/auth/factors/totp', { body: {} });
  const code = codeOf(seedIn(json['uri'] as string), await stepNow(service));
  const done = await browser.go('POST', `/auth/factors/totp/${json['id']}/confirm`, { body: { code } });
  expect(done.status).toBe(200);
  expect((await me(browser)).json['role']).toBe('admin');
  expect(await begun(service)).toEqual([{ methods: ['otp', 'mfa'], hours: 9 }]);
});

it('U4: a promotion by the claim ends the sessions without a factor that the role needs', async () => {
  const entry = { allowSignUp: true, roles: { claim: 'groups', map: { wizards: 'admin' } } };
  const { service, upstream } = await startWithUpstream({ entry, settings: { MFA_REQUIRED_ROLES: 'admin' } });
  upstream.people.set('ada', { email: 'ada@example.com', groups: [] });
  const laptop = new UpstreamBrowser(service.url);
  await laptop.signIn('ada');
  upstream.people.set('ada', { email: 'ada@example.com', groups: ['wizards'] });
  expect(landing(await new UpstreamBrowser(service.url).signIn('ada')).pathname).toBe('/account/enrol');
  expect((await me(laptop)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
});

it('a connection that was taken away between the provider and the second factor opens nothing', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const ada = await enrolled(service, await linkedUser(service, upstream.issuer, 'ada'));
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada')).pathname).toBe('/account/factor');
  const strong = new Browser(service.url);
  await strong.go('POST', '/auth/login', { body: { email: ada.person.email, password: ada.person.password } });
  await factorOf(strong, { totp: await ada.code() });
  const { identities } = (await strong.go('GET', '/auth/identities')).json;
  expect((await strong.go('DELETE', `/auth/identities/${identities[0].id}`)).status).toBe(204);
  await service.advance(30);
  expect((await factorOf(browser, { totp: await ada.code() })).json['code']).toBe('factor_ticket_invalid');
  expect(await begun(service)).toEqual([]);
});
