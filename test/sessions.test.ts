// Signing in and out: registration, login over both transports, logout in all its forms.
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, decode, me, mobile, refresh, register, somebody } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const post = (path: string, body?: object, headers = {}) => call(service.url, 'POST', path, { body, headers });

describe('registration', () => {
  it('answers with the user, who may then sign in', async () => {
    const person = somebody();
    const answer = await post('/auth/register', { ...person, email: person.email.toUpperCase() });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      user: { id: expect.any(String), email: person.email, role: 'user', emailVerified: false },
    });
    expect((await mobile(service.url, person)).user.id).toBe(answer.json['user'].id);
  });

  it('refuses an address that is taken, in any case', async () => {
    const person = await register(service.url);
    const answer = await post('/auth/register', { ...person, email: person.email.toUpperCase() });
    expect([answer.status, answer.json['code']]).toEqual([409, 'email_taken']);
  });

  it('of one address in parallel succeeds once (ASVS 2.3.4)', async () => {
    const person = somebody();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/auth/register', person)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it('refuses unknown fields, such as a role (ASVS 15.3.3)', async () => {
    const answer = await post('/auth/register', { ...somebody(), role: 'admin' });
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid_request']);
  });

  it('can be closed', async () => {
    const closed = await startServiceForTest({ REGISTRATION: 'closed' });
    const answer = await call(closed.url, 'POST', '/auth/register', { body: somebody() });
    expect([answer.status, answer.json['code']]).toEqual([403, 'registration_closed']);
  });
});

describe('login', () => {
  it('by cookie sets four cookies and puts no token into the body (ASVS 3.3.4)', async () => {
    const person = await register(service.url);
    const browser = new Browser(service.url);
    const answer = await browser.go('POST', '/auth/login', { body: person });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/eyJ|wrt_/);
    expect(answer.json).toMatchObject({ user: { email: person.email }, session: { persistent: false } });
    expect(answer.cookies).toHaveLength(4);
    for (const line of answer.cookies) expect(line).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(browser.cookie('access_token')).toMatchObject({ path: '/', maxAge: 900 });
    expect(browser.cookie('refresh_token')).toMatchObject({ path: '/auth/refresh', maxAge: 30 * 86_400 });
    expect(browser.cookie('auth_session')).toMatchObject({ path: '/', maxAge: 30 * 86_400 });
    expect((await browser.go('GET', '/auth/me')).json).toMatchObject({ email: person.email, methods: ['pwd'] });
  });

  it('by bearer answers with the tokens and sets no cookie', async () => {
    const answer = await post('/auth/login', { ...(await register(service.url)), transport: 'bearer' });
    expect(answer.cookies).toEqual([]);
    expect(answer.json).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, accessToken: expect.any(String) });
    expect(answer.json['refreshToken']).toMatch(/^wrt_[\w-]{96}$/);
    const life = Date.parse(answer.json['accessTokenExpiresAt']) - Date.parse(answer.json['refreshAt']);
    expect(life).toBeGreaterThanOrEqual(0.2 * 900_000 - 1);
    expect(life).toBeLessThanOrEqual(0.4 * 900_000 + 1);
  });

  it('with remember lives 90 days, and stays so after a refresh', async () => {
    const browser = await Browser.signedIn(service.url, undefined, { remember: true });
    expect(browser.cookie('refresh_token')?.maxAge).toBe(90 * 86_400);
    const answer = await browser.go('POST', '/auth/refresh');
    expect(answer.json['session']).toMatchObject({ persistent: true });
    expect(browser.cookie('refresh_token')?.maxAge).toBeGreaterThan(90 * 86_400 - 10);
  });

  it('answers a wrong password, an unknown and a disabled user alike', async () => {
    const person = await register(service.url);
    const disabled = await register(service.url);
    await service.query('UPDATE users SET disabled_at = now() WHERE email = $1', [disabled.email]);
    const answers = [
      await post('/auth/login', { ...person, password: 'wrong' }),
      await post('/auth/login', somebody()),
      await post('/auth/login', disabled),
    ];
    const bodies = answers.map(({ json }) => ({ ...json, requestId: '' }));
    expect(bodies[0]).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(bodies[0]).not.toHaveProperty('session');
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  it('that carries an access cookie ends the session of that cookie', async () => {
    const browser = await Browser.signedIn(service.url);
    const old = browser.cookie('access_token')?.value ?? '';
    await browser.go('POST', '/auth/login', { body: await register(service.url) });
    const answer = await call(service.url, 'GET', '/auth/me', { headers: { cookie: `access_token=${old}` } });
    expect(answer.json).toMatchObject({ code: 'token_revoked', session: 'ended' });
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it('in flight during a change of the password leaves no session (R7)', async () => {
    const person = await register(service.url);
    const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
    const login = await whileChanging(
      `UPDATE users SET password_hash = 'changed', token_version = token_version + 1, session_epoch = session_epoch + 1
        WHERE id = '${user?.id}'`,
      () => post('/auth/login', { ...person, transport: 'bearer' }),
    );
    expect(login.json['code']).toBe('invalid_credentials');
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [user?.id])).toEqual([]);
  });
});

describe('a login that renews an outdated hash', () => {
  it('during a change of the password leaves neither a session nor its hash (R7)', async () => {
    const person = await register(service.url);
    const outdated = await hash(person.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await service.query('UPDATE users SET password_hash = $2 WHERE email = $1', [person.email, outdated]);
    const login = await whileChanging(
      `UPDATE users SET password_hash = 'changed', token_version = token_version + 1, session_epoch = session_epoch + 1
        WHERE email = '${person.email}'`,
      () => post('/auth/login', { ...person, transport: 'bearer' }),
    );
    expect(login.json['code']).toBe('invalid_credentials');
    const [user] = await service.query<{ id: string; hash: string }>(
      'SELECT id, password_hash AS hash FROM users WHERE email = $1',
      [person.email],
    );
    expect(user?.hash).toBe('changed');
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [user?.id])).toEqual([]);
  });
});

describe('a refresh that is in flight', () => {
  it('while its session ends is refused without tokens (R7)', async () => {
    const phone = await mobile(service.url);
    const answer = await whileChanging(
      `UPDATE refresh_tokens SET revoked = true, revoked_at = protocol_now() WHERE id = '${phone.session.id}'`,
      () => refresh(service.url, phone.refreshToken),
    );
    expect(answer.json).toMatchObject({ status: 401, code: 'refresh_token_invalid', session: 'ended' });
    expect(answer.text).not.toMatch(/eyJ|wrt_/);
  });

  it('as a replay while its session ends is refused, too (R7)', async () => {
    const phone = await mobile(service.url);
    await refresh(service.url, phone.refreshToken);
    const answer = await whileChanging(
      `UPDATE refresh_tokens SET revoked = true, revoked_at = protocol_now() WHERE id = '${phone.session.id}'`,
      () => refresh(service.url, phone.refreshToken),
    );
    expect(answer.json).toMatchObject({ status: 401, code: 'refresh_token_invalid', session: 'ended' });
  });

  it('while another one wins is answered with the winner’s successor (R1)', async () => {
    const phone = await mobile(service.url);
    const [first, second] = await whileChanging(
      `SELECT 1 FROM refresh_tokens WHERE id = '${phone.session.id}' FOR UPDATE`,
      () => Promise.all([refresh(service.url, phone.refreshToken), refresh(service.url, phone.refreshToken)]),
      2,
    );
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.json['refreshToken']).toBe(first.json['refreshToken']);
  });
});

describe('logout', () => {
  it("revokes the session's access tokens and refresh token, and affects no other device", async () => {
    const phone = await mobile(service.url);
    const tablet = await mobile(service.url, phone.person);
    const next = (await refresh(service.url, phone.refreshToken)).json;
    const answer = await post('/auth/logout', undefined, bearer(next['accessToken']));
    expect([answer.status, answer.cookies]).toEqual([204, []]);
    for (const token of [phone.accessToken, next['accessToken']]) {
      expect((await me(service.url, token)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
    }
    expect((await refresh(service.url, next['refreshToken'])).json['code']).toBe('refresh_token_invalid');
    expect((await me(service.url, tablet.accessToken)).status).toBe(200);
  });

  it('takes an expired access token too', async () => {
    const own = await startServiceForTest();
    const phone = await mobile(own.url);
    own.clock.shiftSeconds = 3600;
    expect((await call(own.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) })).status).toBe(204);
    expect((await refresh(own.url, phone.refreshToken)).json['code']).toBe('refresh_token_invalid');
  });

  it('with the previous refresh token ends the session and is no reuse', async () => {
    const phone = await mobile(service.url);
    const next = (await refresh(service.url, phone.refreshToken)).json;
    expect((await post('/auth/logout', { refreshToken: phone.refreshToken })).status).toBe(204);
    expect((await refresh(service.url, next['refreshToken'])).json['code']).toBe('refresh_token_invalid');
    expect((await me(service.url, next['accessToken'])).status).toBe(401);
    expect(service.log.filter((line) => line['alert'] === true && line['sessionId'] === phone.session.id)).toEqual([]);
  });

  it('succeeds without a token, and when it is repeated', async () => {
    const phone = await mobile(service.url);
    for (const headers of [{}, bearer(phone.accessToken), bearer(phone.accessToken)]) {
      expect((await post('/auth/logout', undefined, headers)).status).toBe(204);
    }
  });

  it('of a browser clears both cookies; DELETE /auth/refresh does so without an access token', async () => {
    const person = await register(service.url);
    const browser = await Browser.signedIn(service.url, person);
    const token = browser.cookie('access_token')?.value ?? '';
    expect((await browser.go('POST', '/auth/logout')).status).toBe(204);
    expect([...browser.jar.keys()]).toEqual(['device']); // the device stays known
    expect((await me(service.url, token)).status).toBe(401);

    const other = await Browser.signedIn(service.url, person);
    const kept = other.cookie('access_token')?.value ?? '';
    other.jar.delete('access_token');
    expect((await other.go('DELETE', '/auth/refresh')).status).toBe(204);
    expect([...other.jar.keys()]).toEqual(['device']);
    expect((await me(service.url, kept)).status).toBe(401);
  });

  it('of all devices ends every session and access token, a refresh in flight included', async () => {
    const phone = await mobile(service.url);
    const tablet = await mobile(service.url, phone.person);
    const [, racing] = await Promise.all([
      post('/auth/logout-all', undefined, bearer(phone.accessToken)),
      refresh(service.url, tablet.refreshToken),
    ]);
    const minted = racing.status === 200 ? [racing.json['accessToken']] : [];
    for (const token of [phone.accessToken, tablet.accessToken, ...minted]) {
      expect((await me(service.url, token)).status).toBe(401);
    }
    for (const token of [phone.refreshToken, tablet.refreshToken, racing.json['refreshToken'] ?? '']) {
      expect((await refresh(service.url, token)).json).toMatchObject({ status: 401, session: 'ended' });
    }
    expect((await mobile(service.url, phone.person)).user.id).toBe(phone.user.id);
  });

  it('never deadlocks with another end of the same session, and a reuse in between still raises its alert', async () => {
    for (let round = 0; round < 15; round++) {
      const phone = await mobile(service.url);
      const other = await mobile(service.url, phone.person);
      const second = (await refresh(service.url, phone.refreshToken)).json;
      await refresh(service.url, second['refreshToken']);
      const answers = await Promise.all([
        post('/auth/logout', undefined, bearer(phone.accessToken)),
        call(service.url, 'DELETE', `/auth/sessions/${phone.session.id}`, { headers: bearer(other.accessToken) }),
        call(service.url, 'DELETE', '/auth/sessions', { headers: bearer(other.accessToken) }),
        refresh(service.url, phone.refreshToken),
      ]);
      expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
      const [reuse] = answers.slice(-1);
      const alerts = service.log.filter((line) => line['alert'] === true && line['sessionId'] === phone.session.id);
      expect(alerts).toHaveLength(reuse?.json['code'] === 'refresh_token_reused' ? 1 : 0);
    }
  });

  it('of all devices needs an access token', async () => {
    expect((await post('/auth/logout-all')).status).toBe(401);
  });

  it('refuses a cookie and a refresh token in the body at once', async () => {
    const browser = await Browser.signedIn(service.url);
    const phone = await mobile(service.url);
    const answer = await browser.go('POST', '/auth/logout', { body: { refreshToken: phone.refreshToken } });
    expect([answer.status, answer.json['code']]).toEqual([400, 'ambiguous_token']);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });
});

describe('a session keeps its transport for life (R13):', () => {
  it('a token issued in a cookie is refused in a body, and the session stays', async () => {
    const browser = await Browser.signedIn(service.url);
    const value = browser.cookie('refresh_token')?.value ?? '';
    const answer = await refresh(service.url, value);
    expect(answer.json).toMatchObject({ status: 400, code: 'transport_mismatch', session: 'keep' });
    expect(answer.text).not.toMatch(/eyJ|wrt_/);
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('a token issued in a body is refused in a cookie, and no cookie is set', async () => {
    const phone = await mobile(service.url);
    const browser = await Browser.signedIn(service.url, phone.person);
    const headers = { cookie: `${browser.cookiesFor('/')}; refresh_token=${phone.refreshToken}` };
    const answer = await post('/auth/refresh', undefined, headers);
    expect(answer.json).toMatchObject({ status: 400, code: 'transport_mismatch', session: 'keep' });
    expect(answer.cookies).toEqual([]);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('a replay over cookies sets the same refresh cookie', async () => {
    const browser = await Browser.signedIn(service.url);
    const before = browser.cookie('refresh_token')?.value ?? '';
    await browser.go('POST', '/auth/refresh');
    const replay = new Browser(service.url);
    replay.absorb(
      await post('/auth/refresh', undefined, { cookie: `${browser.cookiesFor('/')}; refresh_token=${before}` }),
    );
    expect(replay.cookie('refresh_token')?.value).toBe(browser.cookie('refresh_token')?.value);
    expect(decode(replay.cookie('access_token')?.value ?? '')['sid']).toBeTypeOf('string');
  });

  it('a cookie and a body at once is refused and spends nothing', async () => {
    const browser = await Browser.signedIn(service.url);
    const phone = await mobile(service.url);
    expect(
      (await browser.go('POST', '/auth/refresh', { body: { refreshToken: phone.refreshToken } })).json['code'],
    ).toBe('ambiguous_token');
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('a late 401 does not clear the cookies of a newer session', async () => {
    const browser = await Browser.signedIn(service.url);
    const old = browser.cookie('refresh_token')?.value ?? '';
    await browser.go('DELETE', '/auth/refresh');
    const answer = await post('/auth/refresh', undefined, { cookie: `refresh_token=${old}` });
    expect(answer.json).toMatchObject({ status: 401, code: 'refresh_token_invalid', session: 'ended' });
    expect(answer.cookies).toEqual([]);
  });

  it('over https the cookies are Secure and carry their prefixes (RFC 6265bis §4.1.3)', async () => {
    const secure = await startServiceForTest({ PUBLIC_URL: 'https://auth.test' });
    const browser = new Browser(secure.url, 'https://auth.test');
    const answer = await browser.go('POST', '/auth/login', { body: await register(secure.url) });
    expect(answer.cookies.map((line) => line.split('=')[0])).toEqual([
      '__Host-access_token',
      '__Secure-refresh_token',
      '__Host-auth_session',
      '__Secure-device',
    ]);
    for (const line of answer.cookies) expect(line).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    expect(answer.headers['strict-transport-security']).toMatch(/max-age=31536000/);

    const shared = await startServiceForTest({ PUBLIC_URL: 'https://auth.example.com', COOKIE_DOMAIN: 'example.com' });
    const there = new Browser(shared.url, 'https://auth.example.com');
    const lines = (await there.go('POST', '/auth/login', { body: await register(shared.url) })).cookies;
    expect(lines.map((line) => line.split('=')[0])).toEqual([
      '__Secure-access_token',
      '__Secure-refresh_token',
      '__Host-auth_session',
      '__Secure-device',
    ]);
    expect(lines.map((line) => /; Domain=example\.com;/.test(line))).toEqual([true, false, false, false]);
  });
});

/** Holds a change open until the other request waits for its lock, then commits: independent of timing. */
async function whileChanging<T>(change: string, meet: () => Promise<T>, waiting = 1): Promise<T> {
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  await other.query('BEGIN');
  await other.query(change);
  const met = meet();
  await untilBlocked(waiting);
  await other.query('COMMIT');
  await other.end();
  return met;
}

async function untilBlocked(statements: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const blocked = await service.query(
      `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    if (blocked.length >= statements) return;
    await new Promise((later) => setTimeout(later, 10));
  }
  throw new Error('nothing was blocked');
}
