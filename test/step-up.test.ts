// Grave acts ask for a recent proof of identity, with two factors where the account has a second one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  bearer,
  Browser,
  call,
  decode,
  me,
  mobile,
  refresh,
  somebody,
  type Tokens,
} from './support/client.js';
import { enrolled, factor, factorOf, signedInWith } from './support/factors.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const NEW = 'quite another passphrase';
const STRONG = ['urn:watchword:2fa', 'phr'];
const reauthenticate = (token: string, password: string) =>
  call(service.url, 'POST', '/auth/reauthenticate', { body: { password }, headers: bearer(token) });

type Act = (tokens: Pick<Tokens, 'accessToken'>, password: string) => Promise<Answer>;
/** Each with the status of its success. */
const acts: readonly (readonly [string, number, Act])[] = [
  [
    'a change of address',
    202,
    ({ accessToken }, currentPassword) => {
      const body = { newEmail: somebody().email, currentPassword };
      return call(service.url, 'POST', '/auth/email', { body, headers: bearer(accessToken) });
    },
  ],
  [
    'a change of password',
    200,
    ({ accessToken }, currentPassword) => {
      const body = { currentPassword, newPassword: NEW };
      return call(service.url, 'POST', '/auth/password', { body, headers: bearer(accessToken) });
    },
  ],
  [
    'the deletion of the account',
    204,
    ({ accessToken }) => call(service.url, 'DELETE', '/auth/me', { headers: bearer(accessToken) }),
  ],
];

describe.each(acts)('%s', (name, success, act) => {
  it('of an account with a factor refuses a session of one factor, however young (ASVS 7.5.1)', async () => {
    const phone = await mobile(service.url);
    await enrolled(service, phone.person);
    const refused = await act(phone, phone.person.password);
    const code = 'reauthentication_required';
    expect(refused.json).toMatchObject({ status: 403, code, session: 'keep', acr_values: STRONG, max_age: 300 });
    expect(refused.headers['www-authenticate']).toMatch(
      /error="insufficient_user_authentication".* acr_values="urn:watchword:2fa phr", max_age="300"$/,
    );
  });

  it('refuses two factors that are too old, and takes a new proof with both', async () => {
    const ada = await enrolled(service);
    const phone = await signedInWith(service, ada);
    await service.advance(901);
    const old = (await refresh(service.url, phone.refreshToken)).json as Tokens;
    expect((await act(old, ada.person.password)).json).toMatchObject({ code: 'reauthentication_required' });
    const asked = await reauthenticate(old.accessToken, ada.person.password);
    expect(asked.json).toMatchObject({ status: 401, code: 'second_factor_required', session: 'keep' });
    expect((await act(old, ada.person.password)).json).toMatchObject({ code: 'reauthentication_required' });
    const proven = await factor(service, { ticket: asked.json['ticket'], totp: await ada.code() });
    expect(proven.json['session']).toMatchObject({ id: phone.session.id });
    expect(proven.json).not.toHaveProperty('refreshToken');
    expect(decode(proven.json['accessToken'])).toMatchObject({ acr: 'urn:watchword:2fa', sid: phone.session.id });
    expect([name, (await act(proven.json as Tokens, ada.person.password)).status]).toEqual([name, success]);
  });
});

it('a change that asks for the password itself demands no more of an account without a factor', async () => {
  for (const [name, success, act] of acts.slice(0, 2)) {
    const phone = await mobile(service.url);
    await service.advance(901);
    const old = (await refresh(service.url, phone.refreshToken)).json as Tokens;
    expect([name, (await act(old, phone.person.password)).status]).toEqual([name, success]);
  }
});

it('an account without a factor is not asked for two', async () => {
  const phone = await mobile(service.url);
  await service.advance(901);
  const old = (await refresh(service.url, phone.refreshToken)).json as Tokens;
  const refused = await call(service.url, 'DELETE', '/auth/me', { headers: bearer(old.accessToken) });
  expect(refused.json).toMatchObject({ code: 'reauthentication_required', max_age: 300 });
  expect(refused.json).not.toHaveProperty('acr_values');
  const proven = await reauthenticate(old.accessToken, phone.person.password);
  expect(proven.status).toBe(200);
  const gone = await call(service.url, 'DELETE', '/auth/me', { headers: bearer(proven.json['accessToken']) });
  expect(gone.status).toBe(204);
});

describe('the ticket of a new proof', () => {
  it('moves the session that asked for it, and no other one', async () => {
    const ada = await enrolled(service);
    const [asking, other] = [await signedInWith(service, ada), await signedInWith(service, ada)];
    await service.advance(100);
    const { json } = await reauthenticate(asking.accessToken, ada.person.password);
    const proven = await factor(service, { ticket: json['ticket'], totp: await ada.code() });
    expect(decode(proven.json['accessToken'])['sid']).toBe(asking.session.id);
    const times = await service.query<{ id: string; at: number }>(
      `SELECT id, extract(epoch FROM authenticated_at)::int AS at FROM refresh_tokens WHERE user_id = $1`,
      [ada.userId],
    );
    const timeOf = (id: string) => times.find((each) => each.id === id)?.at ?? 0;
    expect(timeOf(asking.session.id) - timeOf(other.session.id)).toBeGreaterThanOrEqual(100);
  });

  it('is worth nothing once its session has ended: it starts no new one', async () => {
    const ada = await enrolled(service);
    const phone = await signedInWith(service, ada);
    await service.advance(60);
    const { json } = await reauthenticate(phone.accessToken, ada.person.password);
    await call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
    const late = await factor(service, { ticket: json['ticket'], totp: await ada.code() });
    expect(late.json).toMatchObject({ status: 401, code: 'factor_ticket_invalid' });
    const alive = await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1 AND NOT revoked', [ada.userId]);
    expect(alive).toEqual([]);
  });

  it('stays in the cookie of a browser, whose session goes on', async () => {
    const ada = await enrolled(service);
    const browser = new Browser(service.url);
    await browser.go('POST', '/auth/login', { body: ada.person });
    await factorOf(browser, { totp: await ada.code() });
    await service.advance(60);
    const { password } = ada.person;
    const asked = await browser.go('POST', '/auth/reauthenticate', { body: { password } });
    expect(asked.json).toMatchObject({ code: 'second_factor_required', session: 'keep' });
    expect(asked.text).not.toContain('wft_');
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
    expect((await factorOf(browser, { totp: await ada.code() })).status).toBe(200);
    expect((await browser.go('DELETE', '/auth/me')).status).toBe(204);
  });
});

it.each(acts)('%s needs two factors where the role does, though the account has none yet', async (_, success, act) => {
  const phone = await mobile(service.url);
  // A session from before the role needed them: the command line would have ended it.
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [phone.user.id]);
  const { json } = await refresh(service.url, phone.refreshToken);
  const old = { accessToken: json['accessToken'] as string };
  const refused = await act(old, phone.person.password);
  expect(refused.json).toMatchObject({ code: 'reauthentication_required', session: 'keep' });
  expect(refused.headers['www-authenticate']).toContain(`acr_values="${STRONG.join(' ')}"`);

  const begun = await call(service.url, 'POST', '/auth/factors/totp', { body: {}, headers: bearer(old.accessToken) });
  expect(begun.status).toBe(201);
  const strong = await signedInWith(service, await enrolled(service, phone.person));
  expect((await act(strong, phone.person.password)).status).toBe(success);
});

it('a proof that is under way outlives no change: a new password ends it', async () => {
  const ada = await enrolled(service);
  const [phone, tablet] = [await signedInWith(service, ada), await signedInWith(service, ada)];
  const { json } = await reauthenticate(phone.accessToken, ada.person.password);
  const body = { currentPassword: ada.person.password, newPassword: NEW };
  const changed = await call(service.url, 'POST', '/auth/password', { body, headers: bearer(tablet.accessToken) });
  expect(changed.status).toBe(200);
  // The password alone renews no proof of two factors.
  expect(decode(changed.json['accessToken'])).toMatchObject({
    acr: 'urn:watchword:2fa',
    auth_time: decode(tablet.accessToken)['auth_time'],
  });
  expect((await factor(service, { ticket: json['ticket'], totp: await ada.code() })).json['code']).toBe(
    'factor_ticket_invalid',
  );
  expect((await me(service.url, phone.accessToken)).status).toBe(401);
});
