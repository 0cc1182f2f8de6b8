// Roles that a provider's claim gives and takes, where the operator has mapped it.
import { expect, it } from 'vitest';
import { type Person, register } from './support/client.js';
import type { Service } from './support/service.js';
import { startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

const entry = { allowSignUp: true, roles: { claim: 'groups', map: { wizards: 'admin', staff: 'user' } } };
const settings = { MFA_REQUIRED_ROLES: 'none' };
const landing = (answer: { headers: Record<string, unknown> }) => String(answer.headers['location']);
const me = (browser: UpstreamBrowser) => browser.go('GET', '/auth/me');
const roleOf = async (browser: UpstreamBrowser) => (await me(browser)).json['role'] as string;

/** Another one, so that a role can be taken. */
async function administrator(service: Service): Promise<Person> {
  const person = await register(service.url);
  await service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
  return person;
}

it('U7: a role that the claim no longer gives is gone at once, in every session', async () => {
  const { service, upstream } = await startWithUpstream({ entry, settings });
  await administrator(service);
  const person = { email: 'ada@example.com', groups: ['staff', 'wizards'] };
  upstream.people.set('ada', person);
  const laptop = new UpstreamBrowser(service.url);
  await laptop.signIn('ada');
  expect(await roleOf(laptop)).toBe('admin');
  upstream.people.set('ada', { ...person, groups: ['staff'] });
  const phone = new UpstreamBrowser(service.url);
  expect(landing(await phone.signIn('ada'))).toBe('http://auth.test/account');
  // The answer to the phone is there: no token of the laptop says admin any more.
  expect((await me(laptop)).json['code']).toBe('token_stale');
  expect(await roleOf(phone)).toBe('user');
  await laptop.go('POST', '/auth/refresh');
  expect(await roleOf(laptop)).toBe('user');
  const events = await service.query(`SELECT details FROM audit_events WHERE type = 'role.changed'`);
  expect(events).toEqual([{ details: { from: 'admin', to: 'user', by: 'provider authentik' } }]);
  // And back.
  upstream.people.set('ada', person);
  await phone.signIn('ada');
  expect(await roleOf(phone)).toBe('admin');
});

it.each([
  ['a text', 'wizards', 'admin'],
  ['a list', ['x', 'wizards'], 'admin'],
  ['a list with nonsense in it', [null, 7, { name: 'wizards' }, ['wizards'], 'wizards'], 'admin'],
  ['missing', undefined, 'user'],
  ['empty', [], 'user'],
  ['another case', ['Wizards'], 'user'],
  ['several in one text', 'staff wizards', 'user'],
  ['nested', [['wizards']], 'user'],
  ['an object', { wizards: true }, 'user'],
  ['a number', 7, 'user'],
  ['a name that every object has', ['constructor', '__proto__', 'toString'], 'user'],
])('U7: the claim as %s', async (_, groups, role) => {
  const { service, upstream } = await startWithUpstream({ entry, settings });
  upstream.people.set('ada', { email: 'ada@example.com', groups } as never);
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  expect(await roleOf(browser)).toBe(role);
});

it('U7: the last administrator stays one and signs in, and the log says so', async () => {
  const { service, upstream } = await startWithUpstream({ entry, settings });
  upstream.people.set('ada', { email: 'ada@example.com', groups: ['wizards'] });
  await new UpstreamBrowser(service.url).signIn('ada');
  upstream.people.set('ada', { email: 'ada@example.com', groups: [] });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada'))).toBe('http://auth.test/account');
  expect(await roleOf(browser)).toBe('admin');
  expect(service.log).toContainEqual(
    expect.objectContaining({ event: 'upstream.last_admin_kept', provider: 'authentik' }),
  );
});

it('without a map the claims say nothing of roles: what an operator gave stays', async () => {
  const { service, upstream } = await startWithUpstream({ entry: { allowSignUp: true }, settings });
  await administrator(service);
  upstream.people.set('ada', { email: 'ada@example.com', groups: ['admin'] });
  await new UpstreamBrowser(service.url).signIn('ada');
  await service.query(`UPDATE users SET role = 'admin' WHERE email = 'ada@example.com'`);
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  expect(await roleOf(browser)).toBe('admin');
});

it('a disabled account is opened by no provider', async () => {
  const { service, upstream } = await startWithUpstream({ entry, settings });
  upstream.people.set('ada', { email: 'ada@example.com', groups: ['wizards'] });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  await service.query('UPDATE users SET disabled_at = protocol_now(), token_version = token_version + 1');
  expect(landing(await browser.signIn('ada'))).toContain('error=invalid_credentials');
  expect(await service.query(`SELECT details FROM audit_events WHERE type = 'login.failed'`)).toEqual([
    { details: { reason: 'disabled' } },
  ]);
});
