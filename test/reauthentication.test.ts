// A signed-in user proves again who they are: the same session goes on, with a new time of authentication.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, decode, me, mobile, refresh, register, type Tokens } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService } from './support/service.js';

let proxy: PostgresProxy;
let service: Service;
beforeAll(async () => {
  proxy = await PostgresProxy.before(await cloneDatabase());
  service = await startService({}, { databaseUrl: proxy.url });
});
afterAll(async () => {
  await service.stop();
  proxy.close();
});

const reauthenticate = (token: string, body: object) =>
  call(service.url, 'POST', '/auth/reauthenticate', { body, headers: bearer(token) });
const authTime = (token: string) => Number(decode(token)['auth_time']);
const eventsOf = async ({ user }: Tokens) => {
  const rows = await service.query<{ type: string }>(
    `SELECT type FROM audit_events WHERE user_id = $1 AND type LIKE 'reauthentication.%'`,
    [user.id],
  );
  return rows.map(({ type }) => type);
};

describe('a new proof by the password', () => {
  it('gives the same session an access token with a new auth_time, which refreshes keep (ASVS 7.5.3)', async () => {
    const phone = await mobile(service.url);
    await service.advance(100);
    const answer = await reauthenticate(phone.accessToken, { password: phone.person.password });
    expect(answer.status).toBe(200);
    expect(answer.cookies).toEqual([]);
    expect(answer.json).toMatchObject({ tokenType: 'Bearer', session: { id: phone.session.id, generation: 0 } });
    expect(answer.json).not.toHaveProperty('refreshToken');
    const proven = authTime(answer.json['accessToken']);
    expect(proven - authTime(phone.accessToken)).toBeGreaterThanOrEqual(100);
    for (const token of [phone.accessToken, answer.json['accessToken']])
      expect((await me(service.url, token)).status).toBe(200);
    await service.advance(30);
    const refreshed = await refresh(service.url, phone.refreshToken);
    expect(refreshed.json['session']).toMatchObject({ id: phone.session.id, generation: 1 });
    expect(authTime(refreshed.json['accessToken'])).toBe(proven);
    expect(decode(refreshed.json['accessToken'])['amr']).toEqual(['pwd']);
    expect(await eventsOf(phone)).toEqual(['reauthentication.succeeded']);
  });

  it('sets a new access cookie over cookies, and puts no token into the body', async () => {
    const person = await register(service.url);
    const browser = await Browser.signedIn(service.url, person);
    const [access, refreshCookie] = [browser.cookie('access_token')?.value, browser.cookie('refresh_token')?.value];
    const answer = await browser.go('POST', '/auth/reauthenticate', { body: { password: person.password } });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/eyJ|wrt_/);
    expect(browser.cookie('access_token')?.value).not.toBe(access);
    expect(browser.cookie('refresh_token')?.value).toBe(refreshCookie);
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('never turns the token of a cookie into one in a body (R13)', async () => {
    const person = await register(service.url);
    const browser = await Browser.signedIn(service.url, person);
    const answer = await reauthenticate(browser.cookie('access_token')?.value ?? '', { password: person.password });
    expect(answer.json).toMatchObject({ status: 400, code: 'transport_mismatch', session: 'keep' });
  });

  it('needs the right password, is charged like a sign-in, and leaves the session as it is without it', async () => {
    const phone = await mobile(service.url);
    await service.advance(10);
    for (let guess = 0; guess < 6; guess++) {
      const wrong = await reauthenticate(phone.accessToken, { password: 'not the right one' });
      expect(wrong.json).toMatchObject({ code: 'invalid_credentials', session: 'keep' });
    }
    const right = await reauthenticate(phone.accessToken, { password: phone.person.password });
    expect(right.json).toMatchObject({ status: 429, code: 'too_many_attempts', session: 'keep' });
    const login = { ...phone.person, transport: 'bearer' };
    expect((await call(service.url, 'POST', '/auth/login', { body: login })).json['code']).toBe('too_many_attempts');
    const refreshed = await refresh(service.url, phone.refreshToken);
    expect(authTime(refreshed.json['accessToken'])).toBe(authTime(phone.accessToken));
    expect(await eventsOf(phone)).toEqual(Array.from({ length: 6 }, () => 'reauthentication.failed'));
  });

  it('is open to a known device while strangers keep the account delayed', async () => {
    const phone = await mobile(service.url);
    const { deviceToken } = phone as unknown as { deviceToken: string };
    for (let guess = 0; guess < 6; guess++)
      await call(service.url, 'POST', '/auth/login', { body: { ...phone.person, password: 'not the right one' } });
    const { password } = phone.person;
    expect((await reauthenticate(phone.accessToken, { password })).status).toBe(429);
    expect((await reauthenticate(phone.accessToken, { password, deviceToken })).status).toBe(200);
  });

  it('revives nothing: a session that ends during the proof stays ended', async () => {
    const phone = await mobile(service.url);
    const held = proxy.pauseBefore(/authenticated_at = now,/);
    const proof = reauthenticate(phone.accessToken, { password: phone.person.password });
    expect(await held.arrivesDuring(proof)).toBe(true);
    await call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
    held.release();
    expect((await proof).json).toMatchObject({ status: 401, code: 'token_revoked', session: 'ended' });
    expect((await refresh(service.url, phone.refreshToken)).json['code']).toBe('refresh_token_invalid');
    expect(await eventsOf(phone)).toEqual([]);
  });

  it('is not for strangers, and takes no other field', async () => {
    const phone = await mobile(service.url);
    const { password } = phone.person;
    expect((await reauthenticate('', { password })).json['code']).toBe('unauthenticated');
    expect((await reauthenticate(phone.accessToken, { password, sessionId: 'x' })).json['code']).toBe(
      'invalid_request',
    );
    expect((await reauthenticate(phone.accessToken, {})).json['code']).toBe('invalid_request');
  });
});
