// Changes of a user by somebody else: role, disabled, enabled; and the end of everybody's sessions.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SessionEnd } from '../src/sessions/session-end.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import { call, decode, me, mobile, refresh } from './support/client.js';
import { enrolled, signedInWith } from './support/factors.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const operator = { ip: null, userAgent: 'cli ops@console', requestId: '01900000-0000-7000-8000-000000000000' };
const eventsOf = (userId: string, type: string, of = service) =>
  of.query(`SELECT details FROM audit_events WHERE user_id = $1 AND type = $2`, [userId, type]);

it('a new role revokes access tokens with the old role at once; the session continues with the new role (ASVS 8.3.2)', async () => {
  const own = await startServiceForTest({ MFA_REQUIRED_ROLES: 'none' });
  const phone = await mobile(own.url);
  const accountStatus = own.app.get(AccountStatus);
  expect((await me(own.url, phone.accessToken)).json).toMatchObject({ role: 'user' });
  expect(await accountStatus.changeRole(phone.user.id, 'admin', { by: 'operator', caller: operator })).toMatchObject({
    hasChanged: true,
  });
  expect((await me(own.url, phone.accessToken)).json).toMatchObject({ code: 'token_stale', session: 'keep' });
  const answer = await refresh(own.url, phone.refreshToken);
  expect(decode(answer.json['accessToken'])).toMatchObject({ role: 'admin', sid: phone.session.id });
  expect((await me(own.url, answer.json['accessToken'])).json).toMatchObject({ role: 'admin' });
  expect(await accountStatus.changeRole(phone.user.id, 'admin', { by: 'operator', caller: operator })).toMatchObject({
    hasChanged: false,
  });
  expect((await me(own.url, answer.json['accessToken'])).status).toBe(200);
  expect(await eventsOf(phone.user.id, 'role.changed', own)).toEqual([
    { details: { from: 'user', to: 'admin', by: 'operator' } },
  ]);
});

it('a role that needs a second factor ends the sessions without one, and leaves those with two (ASVS 8.3.2)', async () => {
  const weak = await mobile(service.url);
  const strong = await signedInWith(service, await enrolled(service, weak.person));
  const change = await service.app
    .get(AccountStatus)
    .changeRole(weak.user.id, 'admin', { by: 'operator', caller: operator });
  expect(change).toMatchObject({ hasChanged: true, confirmation: { isConfirmed: true } });
  expect((await me(service.url, weak.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
  expect((await refresh(service.url, weak.refreshToken)).json).toMatchObject({ code: 'refresh_token_invalid' });
  const { json } = await refresh(service.url, strong.refreshToken);
  expect(decode(json['accessToken'])).toMatchObject({ role: 'admin', acr: 'urn:watchword:2fa' });
  const reasons = await eventsOf(weak.user.id, 'session.ended');
  expect(reasons).toEqual([{ details: expect.objectContaining({ reason: 'role_changed' }) }]);
});

it('an account that nobody has verified gets no role: whoever follows the link of a stranger would have it', async () => {
  const { user } = await mobile(service.url);
  await service.query(`UPDATE users SET pending_until = now() + interval '7 days' WHERE id = $1`, [user.id]);
  const change = service.app.get(AccountStatus).changeRole(user.id, 'admin', { by: 'operator', caller: operator });
  expect(await change).toMatchObject({ hasChanged: false });
  expect(await service.query('SELECT role FROM users WHERE id = $1', [user.id])).toEqual([{ role: 'user' }]);
});

it('a disabled user loses every session and access token, and cannot sign in until enabled again (ASVS 7.4.2)', async () => {
  const phone = await mobile(service.url);
  const accountStatus = service.app.get(AccountStatus);
  expect(await accountStatus.disable(phone.user.id, { by: 'operator', caller: operator })).toMatchObject({
    hasChanged: true,
  });
  expect((await me(service.url, phone.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
  expect((await refresh(service.url, phone.refreshToken)).json).toMatchObject({ session: 'ended' });
  const body = { ...phone.person, transport: 'bearer' };
  expect((await call(service.url, 'POST', '/auth/login', { body })).json['code']).toBe('invalid_credentials');
  expect(await accountStatus.disable(phone.user.id, { by: 'operator', caller: operator })).toMatchObject({
    hasChanged: false,
  });

  expect(await accountStatus.enable(phone.user.id, { by: 'operator', caller: operator })).toBe(true);
  expect(await accountStatus.enable(phone.user.id, { by: 'operator', caller: operator })).toBe(false);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(401);
  expect((await mobile(service.url, phone.person)).user.id).toBe(phone.user.id);
  expect(await eventsOf(phone.user.id, 'user.disabled')).toHaveLength(1);
  expect(await eventsOf(phone.user.id, 'user.enabled')).toHaveLength(1);
});

it("ending everybody's sessions reaches every user, and nobody who signs in later", async () => {
  const own = await startServiceForTest();
  const phones = [await mobile(own.url), await mobile(own.url)];
  await own.query(
    `INSERT INTO users (id, email) SELECT gen_random_uuid(), g || '@example.com' FROM generate_series(1, 2500) g`,
  );
  expect(await own.app.get(SessionEnd).allOfEverybody('operator', operator)).toEqual({
    users: 2502,
    sessions: 2,
    confirmation: { isConfirmed: true },
  });
  for (const phone of phones) {
    expect((await me(own.url, phone.accessToken)).json).toMatchObject({ code: 'token_stale' });
    expect((await refresh(own.url, phone.refreshToken)).json).toMatchObject({ code: 'refresh_token_invalid' });
    const again = await mobile(own.url, phone.person);
    expect((await me(own.url, again.accessToken)).status).toBe(200);
  }
  expect(await own.query('SELECT 1 FROM users WHERE token_version <> 2 OR session_epoch <> 2')).toEqual([]);
  expect(own.log.filter((line) => line['alert'])).toEqual([]);
});

it("ending everybody's sessions reaches the last user while Redis is down, and is reported as unconfirmed", async () => {
  const own = await startServiceForTest({ REDIS_URL: 'redis://127.0.0.1:1' });
  const phone = await mobile(own.url);
  await own.query(
    `INSERT INTO users (id, email) SELECT gen_random_uuid(), g || '@example.com' FROM generate_series(1, 1500) g`,
  );
  expect(await own.app.get(SessionEnd).allOfEverybody('operator', operator)).toEqual({
    users: 1501,
    sessions: 1,
    confirmation: { isConfirmed: false },
  });
  expect(await own.query('SELECT 1 FROM users WHERE token_version <> 2')).toEqual([]);
  expect((await me(own.url, phone.accessToken)).json['code']).toBe('token_stale');
  expect(await own.query('SELECT 1 FROM revocation_outbox')).toHaveLength(1501);
});

it('a role of the installation’s own stands in tokens and answers; every installation has its administrators beside it', async () => {
  const own = await startServiceForTest({ ROLES: 'support' });
  const phone = await mobile(own.url);
  await own.app.get(AccountStatus).changeRole(phone.user.id, 'support', { by: 'operator', caller: operator });
  const answer = await refresh(own.url, phone.refreshToken);
  expect(decode(answer.json['accessToken'])).toMatchObject({ role: 'support', sid: phone.session.id });
  expect((await me(own.url, answer.json['accessToken'])).json).toMatchObject({ role: 'support' });
});
