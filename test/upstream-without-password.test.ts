// What somebody who has only an identity at a provider can do with their account.
import { expect, it } from 'vitest';
import type { Service } from './support/service.js';
import { subjectOf } from './support/upstream-provider.js';
import { startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

async function signedUp() {
  const { service, upstream } = await startWithUpstream({ entry: { allowSignUp: true } });
  upstream.people.set('ada', { email: 'ada@example.com' });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  return { service, upstream, browser, id: (await browser.go('GET', '/auth/me')).json['id'] as string };
}

it.each([
  ['/auth/password', { currentPassword: '', newPassword: 'a new one that nobody guesses' }],
  ['/auth/password', { currentPassword: 'null', newPassword: 'a new one that nobody guesses' }],
  ['/auth/email', { currentPassword: '', newEmail: 'ada@example.org' }],
  ['/auth/reauthenticate', { password: '' }],
])('no password is the right one for %s with %j, and the session goes on', async (path, body) => {
  const { browser } = await signedUp();
  expect((await browser.go('POST', path, { body })).json).toMatchObject({
    status: 401,
    code: 'invalid_credentials',
    session: 'keep',
  });
  expect((await browser.go('GET', '/auth/me')).status).toBe(200);
});

/** As if the session had begun so long ago. */
const age = async (service: Service, browser: UpstreamBrowser) => {
  await service.query(`UPDATE refresh_tokens SET authenticated_at = authenticated_at - interval '901 seconds'`);
  await browser.go('POST', '/auth/refresh');
};
const now = () => Math.floor(Date.now() / 1_000);

it('a provider that knows them already gives no recent proof: it says how old the proof is (ASVS 6.8.4)', async () => {
  const { service, upstream, browser } = await signedUp();
  await age(service, browser);
  upstream.people.set('ada', { email: 'ada@example.com', authTime: now() - 1_000 });
  browser.theirs.clear();
  await browser.signIn('ada');
  const { json } = await browser.go('GET', '/auth/me');
  expect(Date.parse(json['authenticatedAt'] as string)).toBeLessThan(Date.now() - 900_000);
  expect((await browser.go('DELETE', '/auth/me')).json['code']).toBe('reauthentication_required');

  await browser.signIn('ada'); // it asks nothing
  expect((await browser.go('DELETE', '/auth/me')).json['code']).toBe('reauthentication_required');
  upstream.people.set('ada', { email: 'ada@example.com' });
  await browser.signIn('ada', '?fresh=true');
  expect((await browser.go('DELETE', '/auth/me')).status).toBe(204);
});

it('a provider whose clock is ahead makes no proof of the future', async () => {
  const { service, upstream, browser } = await signedUp();
  upstream.people.set('ada', { email: 'ada@example.com', authTime: now() + 3_000 });
  browser.theirs.clear();
  await browser.signIn('ada');
  expect(await service.query('SELECT FROM refresh_tokens WHERE authenticated_at > protocol_now()')).toEqual([]);
});

it('a fresh sign-in at the provider is a recent proof, and deletes the account; what is left names no subject', async () => {
  const { service, browser, id } = await signedUp();
  await age(service, browser);
  expect((await browser.go('DELETE', '/auth/me')).json['code']).toBe('reauthentication_required');
  await browser.signIn('ada', '?fresh=true');
  expect((await browser.go('DELETE', '/auth/me')).status).toBe(204);
  for (const table of ['users', 'upstream_identities', 'upstream_sign_ins', 'upstream_codes'])
    expect([table, await service.query(`SELECT FROM ${table}`)]).toEqual([table, []]);
  const events = await service.query('SELECT type, details FROM audit_events WHERE user_id = $1', [id]);
  expect(events).toContainEqual({ type: 'identity.linked', details: { provider: 'authentik' } });
  expect(JSON.stringify([events, service.log])).not.toContain(subjectOf('ada'));
  // Whoever comes later is another person.
  await browser.signIn('ada');
  expect((await browser.go('GET', '/auth/me')).json['id']).not.toBe(id);
});
