// A change of the password by its owner: it ends every session, and no concurrent act survives it.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bearer, Browser, call, decode, me, mobile, refresh, register } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const newPassword = 'quite another passphrase';
const change = (token: string, body: object) =>
  call(service.url, 'POST', '/auth/password', { body, headers: bearer(token) });

describe('a change of the password', () => {
  it('ends every session and gives the caller a new one over the same transport (ASVS 6.2.2, 7.4.3)', async () => {
    const phone = await mobile(service.url, undefined, { remember: true });
    const tablet = await mobile(service.url, phone.person);
    const answer = await change(phone.accessToken, { currentPassword: phone.person.password, newPassword });
    expect(answer.status).toBe(200);
    expect(answer.cookies).toEqual([]);
    expect(answer.json).toMatchObject({
      tokenType: 'Bearer',
      session: { persistent: true },
      user: { id: phone.user.id },
    });
    expect(answer.json['session'].id).not.toBe(phone.session.id);
    expect(decode(answer.json['accessToken'])['tokenVersion']).toBe(2);
    for (const old of [phone, tablet]) {
      expect((await me(service.url, old.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
      expect((await refresh(service.url, old.refreshToken)).json['code']).toBe('refresh_token_invalid');
    }
    expect((await me(service.url, answer.json['accessToken'])).status).toBe(200);
    expect((await refresh(service.url, answer.json['refreshToken'])).status).toBe(200);
    await expect(mobile(service.url, phone.person)).rejects.toThrow('invalid_credentials');
    await mobile(service.url, { ...phone.person, password: newPassword });
    const events = await service.query('SELECT type FROM audit_events WHERE user_id = $1 ORDER BY at, id', [
      phone.user.id,
    ]);
    expect(events.map(({ type }) => type)).toContain('password.changed');
  });

  it('tells the truth where the database goes away behind it: it is saved, and the session is over', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await own.stop();
      proxy.close();
    });
    const phone = await mobile(own.url);
    const fault = proxy.break(/"afterForcedEnd"/, { loses: 'query', share: 0, how: 'destroy' });
    const body = { currentPassword: phone.person.password, newPassword };
    const answer = await call(own.url, 'POST', '/auth/password', { body, headers: bearer(phone.accessToken) });
    expect(fault.hasHit).toBe(true);
    expect(answer.json).toMatchObject({ status: 503, code: 'revocation_unconfirmed', session: 'ended' });
    await mobile(own.url, { ...phone.person, password: newPassword });
  });

  it('over cookies sets new cookies and puts no token into the body', async () => {
    const person = await register(service.url);
    const browser = await Browser.signedIn(service.url, person);
    const old = browser.cookie('access_token')?.value;
    const answer = await browser.go('POST', '/auth/password', {
      body: { currentPassword: person.password, newPassword },
    });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/eyJ|wrt_/);
    expect(browser.cookie('access_token')?.value).not.toBe(old);
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('never turns the token of a cookie into one in a body (R13)', async () => {
    const person = await register(service.url);
    const browser = await Browser.signedIn(service.url, person);
    const answer = await change(browser.cookie('access_token')?.value ?? '', {
      currentPassword: person.password,
      newPassword,
    });
    expect(answer.json).toMatchObject({ status: 400, code: 'transport_mismatch', session: 'keep' });
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it('needs the current password, and changes nothing without it (ASVS 6.2.3)', async () => {
    const phone = await mobile(service.url);
    const answer = await change(phone.accessToken, { currentPassword: 'not the right one', newPassword });
    expect(answer.json).toMatchObject({ status: 401, code: 'invalid_credentials', session: 'keep' });
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
    expect((await mobile(service.url, phone.person)).user.id).toBe(phone.user.id);
    const events = await service.query(
      `SELECT outcome FROM audit_events WHERE user_id = $1 AND type = 'password.change_failed'`,
      [phone.user.id],
    );
    expect(events).toEqual([{ outcome: 'failure' }]);
  });

  it('refuses passwords that registration refuses, unknown fields, and callers without a token', async () => {
    const phone = await mobile(service.url);
    const { password: currentPassword } = phone.person;
    expect((await change(phone.accessToken, { currentPassword, newPassword: 'short' })).json['code']).toBe(
      'password_rejected',
    );
    expect((await change(phone.accessToken, { currentPassword, newPassword, x: 1 })).json['code']).toBe(
      'invalid_request',
    );
    expect((await change('', { currentPassword, newPassword })).json['code']).toBe('unauthenticated');
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });

  it('succeeds once if it is sent twice at the same time', async () => {
    const phone = await mobile(service.url);
    const { password: currentPassword } = phone.person;
    const answers = await Promise.all(
      ['one more passphrase', 'yet another passphrase'].map((wanted) =>
        change(phone.accessToken, { currentPassword, newPassword: wanted }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await me(service.url, winner?.json['accessToken'])).status).toBe(200);
  });
});

it('a change that is sent twice at once: the slower one learns that its session has ended, and no failure is recorded', async () => {
  const phone = await mobile(service.url);
  const body = { currentPassword: phone.person.password, newPassword };
  const answers = await Promise.all([change(phone.accessToken, body), change(phone.accessToken, body)]);
  const loser = answers.find(({ status }) => status !== 200);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  expect(loser?.json).toMatchObject({ code: 'token_revoked', session: 'ended' });
  const failures = await service.query(
    `SELECT 1 FROM audit_events WHERE user_id = $1 AND type = 'password.change_failed'`,
    [phone.user.id],
  );
  expect(failures).toEqual([]);
});
