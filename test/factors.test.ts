// A second factor at the sign-in: what is asked for, what a ticket is good for, and what it is not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, decode, me, mobile, refresh, register } from './support/client.js';
import { codeOf, enrolled, factor, factorOf, stepNow, ticketOf } from './support/factors.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ MAGIC_LINKS: 'on' });
});
afterAll(() => service.stop());

const login = (person: object, extra: object = {}) =>
  call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer', ...extra } });
const sessionsOf = (userId: string) => service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId]);

describe('an account with an authenticator app', () => {
  it('is asked for a code after the right password, and no session exists until it came', async () => {
    const { person, userId, code } = await enrolled(service);
    const asked = await login(person);
    expect(asked.json).toMatchObject({
      status: 401,
      code: 'second_factor_required',
      methods: ['totp', 'recovery_code'],
      ticket: expect.stringMatching(/^wft_[\w-]{70}$/),
      expiresAt: expect.stringMatching(/Z$/),
    });
    expect(asked.json).not.toHaveProperty('session');
    expect(asked.cookies).toEqual([]);
    expect(await sessionsOf(userId)).toEqual([]);
    const answer = await factor(service, { ticket: asked.json['ticket'], totp: await code() });
    expect(answer.status).toBe(200);
    expect(decode(answer.json['accessToken'])).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:watchword:2fa',
      sub: userId,
    });
    const refreshed = await refresh(service.url, answer.json['refreshToken']);
    expect(decode(refreshed.json['accessToken'])).toMatchObject({ acr: 'urn:watchword:2fa' });
    expect((await me(service.url, answer.json['accessToken'])).json).toMatchObject({ acr: 'urn:watchword:2fa' });
  });

  it('gets its ticket in a cookie that goes to /auth/factor only, and loses it with the sign-in', async () => {
    const { person, code } = await enrolled(service);
    const browser = new Browser(service.url);
    const asked = await browser.go('POST', '/auth/login', { body: person });
    expect(asked.json).toMatchObject({ code: 'second_factor_required', methods: ['totp', 'recovery_code'] });
    expect(asked.text).not.toMatch(/wft_/);
    expect(asked.cookies).toEqual([
      expect.stringMatching(/^factor=wft_[\w-]{70}; Max-Age=300; Path=\/auth\/factor; HttpOnly; SameSite=Lax$/),
    ]);
    expect((await browser.go('GET', '/auth/me')).json['code']).toBe('unauthenticated');
    const answer = await factorOf(browser, { totp: await code() });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/eyJ|wrt_|wft_/);
    expect((await browser.go('GET', '/auth/me')).json).toMatchObject({ methods: ['pwd', 'otp', 'mfa'] });
    expect(browser.jar.has('factor')).toBe(false);
  });

  it('keeps what was wished for at the login: remembering, the transport, the session that is replaced', async () => {
    const { person, userId, code } = await enrolled(service);
    const browser = new Browser(service.url);
    await browser.go('POST', '/auth/login', { body: person });
    const first = await factorOf(browser, { totp: await code() });
    await service.advance(60);
    await browser.go('POST', '/auth/login', { body: { ...person, remember: true } });
    const second = await factorOf(browser, { totp: await code() });
    expect(second.json['session']).toMatchObject({ persistent: true });
    const rows = await service.query<{ id: string; revoked_reason: string | null }>(
      'SELECT id, revoked_reason FROM refresh_tokens WHERE user_id = $1 ORDER BY created_at',
      [userId],
    );
    expect(rows).toEqual([
      { id: first.json['session'].id, revoked_reason: 'replaced' },
      { id: second.json['session'].id, revoked_reason: null },
    ]);
  });

  it('is asked for it after a magic link, too', async () => {
    const { userId, code } = await enrolled(service);
    await service.query('UPDATE users SET email_verified_at = protocol_now() WHERE id = $1', [userId]);
    const { token } = await mailed(service, userId, 'magic');
    const asked = await call(service.url, 'POST', '/auth/magic', { body: { token, transport: 'bearer' } });
    expect(asked.json).toMatchObject({ code: 'second_factor_required', ticket: expect.any(String) });
    const answer = await factor(service, { ticket: asked.json['ticket'], totp: await code() });
    expect(decode(answer.json['accessToken'])).toMatchObject({ amr: ['otp', 'mfa'], acr: 'urn:watchword:2fa' });
  });

  it('learns nothing from a wrong password, right code or not', async () => {
    const { person } = await enrolled(service);
    const answer = await login({ ...person, password: 'not the right one' });
    expect(answer.json).toMatchObject({ status: 401, code: 'invalid_credentials' });
  });
});

describe('a ticket', () => {
  it('is no access token, no refresh token and no one-time token', async () => {
    const { person } = await enrolled(service);
    const ticket = await ticketOf(service, person);
    expect((await me(service.url, ticket)).json['code']).toBe('unauthenticated');
    expect((await refresh(service.url, ticket)).json['code']).toBe('refresh_token_invalid');
    expect((await call(service.url, 'POST', '/auth/magic', { body: { token: ticket } })).status).not.toBe(200);
  });

  it('of one user is not opened by the factor of another', async () => {
    const [one, other] = [await enrolled(service), await enrolled(service)];
    const ticket = await ticketOf(service, one.person);
    const answers = [
      await factor(service, { ticket, totp: await other.code() }),
      await factor(service, { ticket, recoveryCode: other.recoveryCodes[0] }),
    ];
    expect(answers.map(({ json }) => json['code'])).toEqual(['invalid_credentials', 'invalid_credentials']);
    expect((await factor(service, { ticket, totp: await one.code() })).status).toBe(200);
  });

  it('is good for five attempts: the sixth is refused, though its code is right (T3)', async () => {
    const { person, code, wrongCode } = await enrolled(service);
    const ticket = await ticketOf(service, person);
    for (let attempt = 0; attempt < 5; attempt++)
      expect((await factor(service, { ticket, totp: await wrongCode() })).json['code']).toBe('invalid_credentials');
    const sixth = await factor(service, { ticket, totp: await code() });
    expect(sixth.json).toMatchObject({ status: 401, code: 'factor_ticket_invalid' });
  });

  it('is over after five minutes, and after its success', async () => {
    const { person, code } = await enrolled(service);
    const ticket = await ticketOf(service, person);
    await service.advance(301);
    expect((await factor(service, { ticket, totp: await code() })).json['code']).toBe('factor_ticket_invalid');
    const next = await ticketOf(service, person);
    await service.advance(295);
    expect((await factor(service, { ticket: next, totp: await code() })).status).toBe(200);
    await service.advance(30);
    expect((await factor(service, { ticket: next, totp: await code() })).json['code']).toBe('factor_ticket_invalid');
  });

  it.each(['garbage', 'wft_', `wft_${'A'.repeat(70)}`, ''])('that is none (%s) is refused', async (ticket) => {
    expect((await factor(service, { ticket, totp: '000000' })).json['code']).toBe('factor_ticket_invalid');
  });

  it('is over when the password changes, or every session is ended, meanwhile (T2)', async () => {
    const { person, userId, code } = await enrolled(service);
    const phone = await mobileWith(person, await code());
    const before = await ticketOf(service, person);
    await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
    await service.advance(30);
    expect((await factor(service, { ticket: before, totp: await code() })).json['code']).toBe('factor_ticket_invalid');
    const again = await mobileWith(person, await code());
    const stale = await ticketOf(service, person);
    const changed = await call(service.url, 'POST', '/auth/password', {
      body: { currentPassword: person.password, newPassword: `${person.password}, and more` },
      headers: bearer(again.accessToken),
    });
    expect(changed.status).toBe(200);
    await service.advance(30);
    expect((await factor(service, { ticket: stale, totp: await code() })).json['code']).toBe('factor_ticket_invalid');
    expect(userId).toBe(again.user.id);
  });

  it('of a cookie counts in no body, and one of a body in no cookie', async () => {
    const { person, code } = await enrolled(service);
    const browser = new Browser(service.url);
    await browser.go('POST', '/auth/login', { body: person });
    const ofCookie = browser.jar.get('factor')?.value;
    expect((await factor(service, { ticket: ofCookie, totp: await code() })).json['code']).toBe(
      'factor_ticket_invalid',
    );
    const headers = { cookie: `factor=${await ticketOf(service, person)}` };
    const answer = await call(service.url, 'POST', '/auth/factor', { body: { totp: await code() }, headers });
    expect(answer.json['code']).toBe('factor_ticket_invalid');
  });

  it('takes exactly one factor', async () => {
    const { person, code, recoveryCodes } = await enrolled(service);
    const ticket = await ticketOf(service, person);
    for (const body of [{}, { totp: await code(), recoveryCode: recoveryCodes[0] }, { totp: '12345' }, { otp: '1' }])
      expect((await factor(service, { ticket, ...body })).json['code']).toBe('invalid_request');
  });
});

describe('a signed-in user', () => {
  it('who proves again by the password is asked for the factor, too, and keeps the session', async () => {
    const { person, code } = await enrolled(service);
    const phone = await mobileWith(person, await code());
    await service.advance(100);
    const asked = await call(service.url, 'POST', '/auth/reauthenticate', {
      body: { password: person.password },
      headers: bearer(phone.accessToken),
    });
    expect(asked.json).toMatchObject({ status: 401, code: 'second_factor_required', session: 'keep' });
    const { ticket } = asked.json;
    const wrong = await factor(service, { ticket, totp: codeOf(Buffer.alloc(20), await stepNow(service)) });
    expect(wrong.json).toMatchObject({ code: 'invalid_credentials', session: 'keep' });
    const answer = await factor(service, { ticket, totp: await code() });
    expect(answer.json).toMatchObject({ session: { id: phone.session.id, generation: 0 } });
    expect(answer.json).not.toHaveProperty('refreshToken');
    const claims = decode(answer.json['accessToken']);
    expect(claims).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'urn:watchword:2fa' });
    expect(claims['auth_time'] - decode(phone.accessToken)['auth_time']).toBeGreaterThanOrEqual(100);
  });

  it('who changes the password keeps what the session was worth, and since when', async () => {
    const { person, code } = await enrolled(service);
    const phone = await mobileWith(person, await code());
    await service.advance(100);
    const changed = await call(service.url, 'POST', '/auth/password', {
      body: { currentPassword: person.password, newPassword: `${person.password}, and more` },
      headers: bearer(phone.accessToken),
    });
    const { auth_time } = decode(phone.accessToken);
    for (const token of [changed.json, (await refresh(service.url, changed.json['refreshToken'])).json])
      expect(decode(token['accessToken'])).toMatchObject({ acr: 'urn:watchword:2fa', auth_time });
  });
});

it('an account without a second factor is asked for none', async () => {
  const person = await register(service.url);
  expect((await mobile(service.url, person)).accessToken).toMatch(/^eyJ/);
});

async function mobileWith(person: { email: string; password: string }, totp: string) {
  const answer = await factor(service, { ticket: await ticketOf(service, person), totp });
  expect(answer.status).toBe(200);
  return answer.json as Awaited<ReturnType<typeof mobile>>;
}
