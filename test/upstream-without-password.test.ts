// What somebody who has only an identity at a provider can do with their account.
import { expect, it } from 'vitest';
import { subjectOf } from './support/upstream-provider.js';
import { startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

async function signedUp() {
  const { service, upstream } = await startWithUpstream({ entry: { allowSignUp: true } });
  upstream.people.set('ada', { email: 'ada@example.com' });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  return { service, browser, id: (await browser.go('GET', '/auth/me')).json['id'] as string };
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

it('a new sign-in at the provider is a recent proof, and deletes the account; what is left names no subject', async () => {
  const { service, browser, id } = await signedUp();
  await service.advance(901);
  await browser.go('POST', '/auth/refresh');
  expect((await browser.go('DELETE', '/auth/me')).json['code']).toBe('reauthentication_required');
  await browser.signIn('ada');
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
