// The session cookie names a browser's session, so that a planted cookie can neither swap the user nor log them out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, decode, me, mobile, refresh, register } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Sends a request with exactly this Cookie header, as a browser does from one of our own pages. */
const send = (method: string, path: string, cookie: string, base = service.url) =>
  call(base, method, path, { headers: { cookie, 'sec-fetch-site': 'same-origin' } });

const valueOf = (browser: Browser, name: 'access_token' | 'refresh_token' | 'auth_session') =>
  browser.cookie(name)?.value ?? '';

const emailOf = async (browser: Browser) => (await browser.go('GET', '/auth/me')).json['email'] as string;

describe('a cookie that a sibling subdomain has planted', () => {
  it('signs nobody in: a refresh cookie without the session cookie is refused before any write', async () => {
    const attacker = await Browser.signedIn(service.url);
    const answer = await send('POST', '/auth/refresh', `refresh_token=${valueOf(attacker, 'refresh_token')}`);
    expect(answer.json).toMatchObject({ status: 401, code: 'refresh_token_invalid', session: 'ended' });
    expect(answer.cookies).toEqual([]);
    expect((await attacker.go('POST', '/auth/refresh')).status).toBe(200); // it was not spent
  });

  it.each(['before', 'behind'])('does not swap the user who is signed in, %s their own', async (where) => {
    const attacker = await Browser.signedIn(service.url);
    const user = await Browser.signedIn(service.url);
    const email = await emailOf(user);
    const planted = `refresh_token=${valueOf(attacker, 'refresh_token')}; access_token=${valueOf(attacker, 'access_token')}`;
    const own = user.cookiesFor('/auth/refresh');
    const cookie = where === 'before' ? `${planted}; ${own}` : `${own}; ${planted}`;
    expect((await send('GET', '/auth/me', cookie)).json['email']).toBe(email);
    const answer = await send('POST', '/auth/refresh', cookie);
    expect([answer.status, answer.json['user'].email]).toEqual([200, email]);
  });

  it('does not lock a page with a bearer token out of refresh and logout', async () => {
    const attacker = await Browser.signedIn(service.url);
    const page = await mobile(service.url);
    const cookie = `refresh_token=${valueOf(attacker, 'refresh_token')}`;
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const answer = await refresh(service.url, page.refreshToken, headers);
    expect([answer.status, answer.cookies]).toEqual([200, []]);
    const { refreshToken } = answer.json as { refreshToken: string };
    const logout = await call(service.url, 'POST', '/auth/logout', { headers, body: { refreshToken } });
    expect(logout.status).toBe(204);
    expect((await me(service.url, page.accessToken)).json['code']).toBe('token_revoked');
    expect((await attacker.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('does not lock a page with a bearer token out where COOKIE_DOMAIN lets a sibling plant the access cookie', async () => {
    const settings = { PUBLIC_URL: 'https://auth.example.com', COOKIE_DOMAIN: 'example.com' };
    const shared = await startServiceForTest(settings);
    const page = await mobile(shared.url);
    const headers = { ...bearer(page.accessToken), cookie: '__Secure-access_token=planted' };
    expect((await call(shared.url, 'GET', '/auth/me', { headers })).status).toBe(200);
  });

  it('does not keep a refresh cookie without the session cookie from logging out', async () => {
    const settings = { PUBLIC_URL: 'https://auth.example.com', COOKIE_DOMAIN: 'example.com' };
    const shared = await startServiceForTest(settings);
    const user = new Browser(shared.url, settings.PUBLIC_URL);
    await user.go('POST', '/auth/login', { body: await register(shared.url) });
    const cookie = `__Secure-access_token=planted; __Secure-refresh_token=${valueOf(user, 'refresh_token')}`;
    expect((await send('DELETE', '/auth/refresh', cookie, shared.url)).status).toBe(204);
    expect((await user.go('GET', '/auth/me')).json['code']).toBe('token_revoked');
  });

  it('is passed over though it names the session: an unsigned one does not replace the signed one', async () => {
    const user = await Browser.signedIn(service.url);
    const { sub, sid } = decode(valueOf(user, 'access_token')) as Record<'sub' | 'sid', string>;
    const payload = Buffer.from(JSON.stringify({ sub, sid, iat: 9e9 })).toString('base64url');
    const [header = '', , signature = ''] = valueOf(user, 'access_token').split('.');
    const forged = `access_token=${header}.${payload}.${signature}`;
    const session = `auth_session=${valueOf(user, 'auth_session')}`;
    const beside = await send('GET', '/auth/me', `${forged}; ${user.cookiesFor('/')}`);
    expect(beside.status).toBe(200);
    const alone = await send('GET', '/auth/me', `${forged}; ${session}`);
    expect(alone.json).toMatchObject({ code: 'token_expired', session: 'keep' });
  });

  it('stays ignored among hundreds, alone beside the session cookie too, and does not keep anyone from logging out', async () => {
    const attacker = await Browser.signedIn(service.url);
    const user = await Browser.signedIn(service.url);
    const junk = Array.from({ length: 400 }, (_, n) => `refresh_token=x${n}`).join('; ');
    const answer = await send('POST', '/auth/refresh', `${junk}; ${user.cookiesFor('/auth/refresh')}`);
    expect(answer.status).toBe(200);
    user.absorb(answer);
    const session = `auth_session=${valueOf(user, 'auth_session')}`;
    const alone = await send('GET', '/auth/me', `${session}; access_token=${valueOf(attacker, 'access_token')}`);
    expect(alone.json).toMatchObject({ code: 'token_expired', session: 'keep' });
    const swapped = await send(
      'POST',
      '/auth/refresh',
      `${session}; refresh_token=${valueOf(attacker, 'refresh_token')}`,
    );
    expect(swapped.json).toMatchObject({ code: 'refresh_token_invalid' });
    const token = valueOf(user, 'access_token');
    expect((await send('POST', '/auth/logout', `${junk}; access_token=x; ${session}`)).status).toBe(204);
    expect((await me(service.url, token)).json['code']).toBe('token_revoked');
  });

  it('is expired by the next answer, whatever its Domain is', async () => {
    const shared = await startServiceForTest({ PUBLIC_URL: 'https://id.auth.example.com' });
    const user = new Browser(shared.url, 'https://id.auth.example.com');
    await user.go('POST', '/auth/login', { body: await register(shared.url) });
    const cookie = `__Secure-refresh_token=planted; ${user.cookiesFor('/auth/refresh')}`;
    const answer = await send('POST', '/auth/refresh', cookie, shared.url);
    expect(answer.status).toBe(200);
    const expired = answer.cookies.filter((line) => line.includes('Max-Age=0'));
    expect(expired.map((line) => /Domain=([^;]+)/.exec(line)?.[1])).toEqual([
      'id.auth.example.com',
      'auth.example.com',
      'example.com',
    ]);
    for (const line of expired) expect(line).toMatch(/^__Secure-refresh_token=; .*Path=\/auth\/refresh/);
  });

  it('cannot be a session cookie: a forged session cookie is ignored', async () => {
    const user = await Browser.signedIn(service.url);
    const forged = `${valueOf(user, 'auth_session').slice(0, -4)}AAAA`;
    const answer = await send(
      'POST',
      '/auth/refresh',
      `auth_session=${forged}; refresh_token=${valueOf(user, 'refresh_token')}`,
    );
    expect(answer.json['code']).toBe('refresh_token_invalid');
    expect((await send('GET', '/auth/me', `auth_session=${forged}`)).json['code']).toBe('unauthenticated');
  });
});

describe('switching COOKIE_DOMAIN', () => {
  const publicUrl = { PUBLIC_URL: 'https://auth.example.com' };

  it.each([
    ['on', {}, { COOKIE_DOMAIN: 'example.com' }],
    ['off', { COOKIE_DOMAIN: 'example.com' }, {}],
  ])('%s strands no browser: old and new refresh cookie side by side, the newer counts', async (_, before, after) => {
    const old = await startServiceForTest({ ...publicUrl, ...before });
    const user = new Browser(old.url, publicUrl.PUBLIC_URL);
    await user.go('POST', '/auth/login', { body: await register(old.url) });
    const stale = valueOf(user, 'refresh_token');
    const now = await startServiceForTest({ ...publicUrl, ...after }, { databaseUrl: old.databaseUrl });
    const jar = `__Host-auth_session=${valueOf(user, 'auth_session')}`;
    const first = await send('POST', '/auth/refresh', `${jar}; __Secure-refresh_token=${stale}`, now.url);
    expect(first.status).toBe(200);
    user.absorb(first);
    const both = `__Secure-refresh_token=${stale}; __Secure-refresh_token=${valueOf(user, 'refresh_token')}`;
    const second = await send('POST', '/auth/refresh', `${jar}; ${both}`, now.url);
    expect(second.status).toBe(200);
    expect(second.json['session'].id).toBe(first.json['session'].id);
    expect(second.cookies.some((line) => line.startsWith('__Secure-refresh_token=; Max-Age=0'))).toBe(true);
  });

  it('is survived by a browser that signed in again: of two sessions of one user the one of the session cookie counts', async () => {
    const shared = await startServiceForTest({ ...publicUrl, COOKIE_DOMAIN: 'example.com' });
    const person = await register(shared.url);
    const [older, newer] = [
      new Browser(shared.url, publicUrl.PUBLIC_URL),
      new Browser(shared.url, publicUrl.PUBLIC_URL),
    ];
    for (const browser of [older, newer]) await browser.go('POST', '/auth/login', { body: person });
    await older.go('POST', '/auth/refresh'); // a higher generation alone does not decide
    const twins = [older, newer].map((browser) => `__Secure-refresh_token=${valueOf(browser, 'refresh_token')}`);
    const cookie = `__Host-auth_session=${valueOf(newer, 'auth_session')}; ${twins.join('; ')}`;
    const answer = await send('POST', '/auth/refresh', cookie, shared.url);
    expect([answer.status, answer.json['session'].generation]).toEqual([200, 1]);
  });

  it('on, an access cookie without the session cookie counts for nothing: any subdomain could have set it', async () => {
    const shared = await startServiceForTest({ ...publicUrl, COOKIE_DOMAIN: 'example.com' });
    const user = new Browser(shared.url, publicUrl.PUBLIC_URL);
    await user.go('POST', '/auth/login', { body: await register(shared.url) });
    const planted = `__Secure-access_token=${valueOf(user, 'access_token')}`;
    expect((await send('GET', '/auth/me', planted, shared.url)).json['code']).toBe('unauthenticated');
  });
});

describe('a browser whose access cookie has expired', () => {
  it('receives token_expired with a verdict, not unauthenticated', async () => {
    const user = await Browser.signedIn(service.url);
    user.jar.delete('access_token');
    const answer = await user.go('GET', '/auth/me');
    expect(answer.json).toMatchObject({ status: 401, code: 'token_expired', session: 'keep' });
    expect((await user.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it.each([
    ['POST', '/auth/logout'],
    ['DELETE', '/auth/refresh'],
  ])('logs out for real: %s %s', async (method, path) => {
    const user = await Browser.signedIn(service.url);
    const token = valueOf(user, 'access_token');
    user.jar.delete('access_token');
    user.jar.delete('refresh_token');
    const answer = await user.go(method, path);
    expect(answer.status).toBe(204);
    for (const line of answer.cookies) expect(line).toMatch(/=; Max-Age=0; .*Expires=Thu, 01 Jan 1970 /);
    for (const name of ['access_token', 'refresh_token', 'auth_session'] as const)
      expect(user.cookie(name)).toBeUndefined();
    expect((await me(service.url, token)).json['code']).toBe('token_revoked');
  });

  it('ends its old session when it signs in again', async () => {
    const person = await register(service.url);
    const user = await Browser.signedIn(service.url, person);
    const token = valueOf(user, 'access_token');
    user.jar.delete('access_token');
    await user.go('POST', '/auth/login', { body: person });
    expect((await me(service.url, token)).json['code']).toBe('token_revoked');
    expect(await emailOf(user)).toBe(person.email);
  });
});

describe('every cookie is read by one parser:', () => {
  it.each(['\u00a0', '\u3000', '"', 'x'])('%j before a name makes it another cookie', async (before) => {
    const user = await Browser.signedIn(service.url);
    const odd = Buffer.from(`${before}access_token=planted; ${before}auth_session=planted`, 'utf8').toString('latin1');
    const answer = await send('GET', '/auth/me', `${odd}; ${user.cookiesFor('/')}`);
    expect([before, answer.status]).toEqual([before, 200]);
  });
});

describe('a logout refuses a token that it cannot read, and never ignores it:', () => {
  const logout = (given: Parameters<typeof call>[3]) => call(service.url, 'POST', '/auth/logout', given);

  it('a bearer that is no token', async () => {
    expect((await logout({ headers: bearer('garbage') })).json['code']).toBe('unauthenticated');
  });

  it.each([
    ['without a scheme', (token: string) => token],
    ['under another scheme', (token: string) => `Token ${token}`],
    ['behind a tab', (token: string) => `Bearer\t${token}`],
    ['twice', (token: string) => `Bearer ${token} ${token}`],
  ])('a token in Authorization %s', async (_, written) => {
    const phone = await mobile(service.url);
    const answer = await logout({ headers: { authorization: written(phone.accessToken) } });
    expect([answer.json['code'], answer.cookies]).toEqual(['unauthenticated', []]);
  });

  it('the cookie session of a browser beside a bearer token: which of the two is meant?', async () => {
    const user = await Browser.signedIn(service.url);
    const phone = await mobile(service.url);
    user.jar.delete('access_token');
    const answer = await user.go('POST', '/auth/logout', { headers: bearer(phone.accessToken) });
    expect(answer.json['code']).toBe('ambiguous_token');
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });

  it('a truncated refresh token, in the body and in the cookie', async () => {
    const phone = await mobile(service.url);
    const truncated = phone.refreshToken.slice(0, -1);
    expect((await logout({ body: { refreshToken: truncated } })).json['code']).toBe('refresh_token_invalid');
    const answer = await send('DELETE', '/auth/refresh', `refresh_token=${truncated}`);
    expect([answer.status, answer.json['code'], answer.cookies.length]).toEqual([401, 'refresh_token_invalid', 3]);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('DELETE /auth/refresh with the token in the body or as a bearer: the refusal names the right route', async () => {
    const phone = await mobile(service.url);
    const asBearer = await call(service.url, 'DELETE', '/auth/refresh', { headers: bearer(phone.refreshToken) });
    expect(asBearer.json).toMatchObject({ status: 400, code: 'invalid_request' });
    const inBody = await call(service.url, 'DELETE', '/auth/refresh', { body: { refreshToken: phone.refreshToken } });
    expect(inBody.json).toMatchObject({ status: 400, code: 'invalid_request' });
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('an access cookie that is no token, and no session cookie beside it: refused, and cleared', async () => {
    const answer = await send('POST', '/auth/logout', 'access_token=garbage');
    expect([answer.status, answer.json['code'], answer.cookies.length]).toEqual([401, 'unauthenticated', 3]);
  });
});
