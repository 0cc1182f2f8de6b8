// A role that needs a second factor signs in with one, and sets one up first where it has none.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  bearer,
  Browser,
  call,
  decode,
  me,
  mobile,
  type Person,
  register,
  somebody,
} from './support/client.js';
import { codeOf, enrolled, factor, seedIn, signedInWith, stepNow, ticketOf } from './support/factors.js';
import { formatOneTimeToken } from '../src/tokens/one-time-token.js';
import { type MailServer, startMailServer } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService({ ...mail.settings, MAGIC_LINKS: 'on' });
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

const post = (path: string, body: object, headers = {}, { url } = service) =>
  call(url, 'POST', path, { body, headers });
const login = (person: Person, extra: object = {}) => post('/auth/login', { ...person, transport: 'bearer', ...extra });
const begin = (body: object, headers = {}) => post('/auth/factors/totp', body, headers);
const confirm = (id: string, body: object, headers = {}) => post(`/auth/factors/totp/${id}/confirm`, body, headers);
const sessionsOf = ({ email }: Person) =>
  service.query('SELECT 1 FROM refresh_tokens s JOIN users u ON u.id = s.user_id WHERE u.email = $1', [email]);

async function administrator(own = service): Promise<Person> {
  const person = await register(own.url);
  await own.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
  return person;
}

async function ticketFor(person: Person): Promise<string> {
  const { json } = await login(person);
  expect(json).toMatchObject({ status: 401, code: 'enrolment_required' });
  return json['ticket'] as string;
}

/** Up to the code that the app shows now. */
async function begun(body: object, headers = {}): Promise<{ id: string; code: string }> {
  const { status, json } = await begin(body, headers);
  expect([status, json]).toEqual([201, { id: expect.any(String), uri: expect.stringMatching(/^otpauth:\/\/totp\//) }]);
  return { id: json['id'] as string, code: codeOf(seedIn(json['uri'] as string), await stepNow(service)) };
}

describe('an administrator without a second factor', () => {
  it('is signed in nowhere by the password, and by setting a factor up with the ticket of that sign-in', async () => {
    const person = await administrator();
    const { json } = await login(person);
    const asked = { status: 401, code: 'enrolment_required', ticket: expect.stringMatching(/^wft_/) };
    expect(json).toMatchObject({ ...asked, expiresAt: expect.stringMatching(/Z$/) });
    expect(json).not.toHaveProperty('session');
    expect(await sessionsOf(person)).toEqual([]);
    const ticket = json['ticket'] as string;
    const { id, code } = await begun({ ticket, name: 'My phone' });
    const answer = await confirm(id, { ticket, code });
    expect(answer.json).toMatchObject({ tokenType: 'Bearer', user: { role: 'admin' } });
    expect(answer.json['recoveryCodes']).toHaveLength(10);
    expect(decode(answer.json['accessToken'])).toMatchObject({ acr: 'urn:watchword:2fa', amr: ['pwd', 'otp', 'mfa'] });
    expect((await me(service.url, answer.json['accessToken'])).status).toBe(200);
    expect((await post('/auth/refresh', { refreshToken: answer.json['refreshToken'] })).status).toBe(200);
    expect((await mail.mailTo(person.email, 'factor_added')).text).toContain('an authenticator app');
    expect((await confirm(id, { ticket, code })).json['code']).toBe('factor_ticket_invalid');
    expect((await begin({ ticket })).json['code']).toBe('factor_ticket_invalid');
    expect((await login(person)).json['code']).toBe('second_factor_required');
  });

  it('holds the ticket in a cookie that no sibling can plant in a browser, and has the cookies of a session afterwards', async () => {
    const person = await administrator();
    const browser = new Browser(service.url);
    const asked = await browser.go('POST', '/auth/login', { body: person });
    expect(asked.json).toMatchObject({ code: 'enrolment_required' });
    expect(asked.text).not.toContain('wft_');
    expect(asked.cookies).toEqual([
      expect.stringMatching(/^enrol=wft_[\w-]{70}; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    const { json } = await browser.go('POST', '/auth/factors/totp', { body: {} });
    const code = codeOf(seedIn(json['uri'] as string), await stepNow(service));
    const answer = await browser.go('POST', `/auth/factors/totp/${json['id']}/confirm`, { body: { code } });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/eyJ|wrt_|wft_/);
    expect(answer.json['recoveryCodes']).toHaveLength(10);
    expect(browser.jar.has('enrol')).toBe(false);
    expect((await browser.go('GET', '/auth/me')).json).toMatchObject({ acr: 'urn:watchword:2fa', role: 'admin' });
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('is asked for it after a magic link, too', async () => {
    const person = await administrator();
    await service.query('UPDATE users SET email_verified_at = now() WHERE email = $1', [person.email]);
    const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
    const { token } = await mailed(service, user?.id ?? '', 'magic');
    const { json } = await post('/auth/magic', { token, transport: 'bearer' });
    expect(json).toMatchObject({ status: 401, code: 'enrolment_required' });
    const ticket = json['ticket'] as string;
    const { id, code } = await begun({ ticket });
    expect(decode((await confirm(id, { ticket, code })).json['accessToken'])['amr']).toEqual(['otp', 'mfa']);
  });

  it('may try a wrong code again, and gets one session of two confirmations at once', async () => {
    const person = await administrator();
    const ticket = await ticketFor(person);
    const { id, code } = await begun({ ticket });
    const wrong = code === '000000' ? '111111' : '000000';
    for (let n = 0; n < 6; n++)
      expect((await confirm(id, { ticket, code: wrong })).json).toMatchObject({
        status: 401,
        code: 'invalid_credentials',
      });
    const answers = await Promise.all(Array.from({ length: 10 }, () => confirm(id, { ticket, code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await sessionsOf(person)).toHaveLength(1);
  });
});

describe('the ticket to enrol', () => {
  it('is no access token, opens no other route, and no ticket of a sign-in opens those of it', async () => {
    const ticket = await ticketFor(await administrator());
    const headers = bearer(ticket);
    for (const [method, path] of [
      ['GET', '/auth/me'],
      ['DELETE', '/auth/me'],
      ['GET', '/auth/sessions'],
    ] as const)
      expect((await call(service.url, method, path, { headers })).json['code']).toBe('unauthenticated');
    expect((await begin({}, headers)).json['code']).toBe('unauthenticated');
    expect((await factor(service, { ticket, totp: '123456' })).json['code']).toBe('factor_ticket_invalid');
    const waiting = await ticketOf(service, (await enrolled(service)).person);
    expect((await begin({ ticket: waiting })).json['code']).toBe('factor_ticket_invalid');
    for (const other of ['', 'x', `${ticket}x`, ticket.toUpperCase()])
      expect((await begin({ ticket: other })).json['code']).toBe('factor_ticket_invalid');
  });

  it("confirms nobody else's app: not with the other's id, nor with their code", async () => {
    const [ada, eve] = [await ticketFor(await administrator()), await ticketFor(await administrator())];
    const theirs = await begun({ ticket: ada });
    const mine = await begun({ ticket: eve });
    expect((await confirm(theirs.id, { ticket: eve, code: theirs.code })).json['code']).toBe('invalid_credentials');
    expect((await confirm(mine.id, { ticket: eve, code: theirs.code })).json['code']).toBe('invalid_credentials');
    expect((await confirm(theirs.id, { ticket: ada, code: theirs.code })).status).toBe(200);
  });

  it.each<[string, (person: Person, userId: string) => Promise<unknown>]>([
    [
      'a new password',
      async (_, userId) => {
        const { token } = await mailed(service, userId, 'reset');
        return post('/auth/password/reset', { token, newPassword: 'quite another passphrase' });
      },
    ],
    [
      'the end of all sessions',
      (_, userId) => service.query('UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1', [userId]),
    ],
    [
      'a disabled account',
      (_, userId) => service.query('UPDATE users SET disabled_at = now() WHERE id = $1', [userId]),
    ],
    [
      'another role',
      (_, userId) =>
        service.query(`UPDATE users SET role = 'user', token_version = token_version + 1 WHERE id = $1`, [userId]),
    ],
    ['a factor that was enrolled meanwhile', (person) => signedInByEnrolling(person)],
    ['fifteen minutes', () => service.advance(901)],
  ])('ends with %s', async (_, change) => {
    const person = await administrator();
    const ticket = await ticketFor(person);
    const { id, code } = await begun({ ticket });
    const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
    await change(person, user?.id ?? '');
    expect((await begin({ ticket })).json['code']).toBe('factor_ticket_invalid');
    expect((await confirm(id, { ticket, code })).json['code']).toBe('factor_ticket_invalid');
  });

  it('stays with its transport, and is sent alone', async () => {
    const person = await administrator();
    const browser = new Browser(service.url);
    await browser.go('POST', '/auth/login', { body: person });
    const ticket = browser.jar.get('enrol')?.value ?? '';
    expect((await begin({ ticket })).json['code']).toBe('factor_ticket_invalid');
    const phone = await mobile(service.url);
    const given = await begin({ ticket: await ticketFor(person) }, bearer(phone.accessToken));
    expect(given.json).toMatchObject({ status: 400, code: 'ambiguous_token' });
  });

  it('of a page of another origin is refused, for it would sign the visitor in', async () => {
    const ticket = await ticketFor(await administrator());
    const { id, code } = await begun({ ticket });
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await confirm(id, { ticket, code }, headers)).json['code']).toBe('csrf_rejected');
    expect((await begin({ ticket }, headers)).json['code']).toBe('csrf_rejected');
  });

  it('of an abandoned sign-in does not enrol the factor of whoever signs in next on that browser', async () => {
    const [ada, eve] = [await administrator(), await register(service.url)];
    const browser = new Browser(service.url);
    await browser.go('POST', '/auth/login', { body: ada });
    expect(browser.jar.has('enrol')).toBe(true);
    expect((await browser.go('POST', '/auth/login', { body: eve })).status).toBe(200);
    expect(browser.jar.has('enrol')).toBe(false);
    expect((await browser.go('POST', '/auth/factors/totp', { body: {} })).status).toBe(201);
    const owners = await service.query(
      'SELECT email FROM totp_authenticators t JOIN users u ON u.id = t.user_id WHERE email = any($1)',
      [[ada.email, eve.email]],
    );
    expect(owners).toEqual([{ email: eve.email }]);
  });

  it('goes before the older session of the browser, and gives way to it when it is over', async () => {
    const [ada, eve] = [await administrator(), await register(service.url)];
    const browser = await Browser.signedIn(service.url, eve);
    await browser.go('POST', '/auth/login', { body: ada });
    const whose = async () => {
      const { json } = await browser.go('POST', '/auth/factors/totp', { body: {} });
      const [row] = await service.query<{ email: string }>(
        'SELECT email FROM totp_authenticators t JOIN users u ON u.id = t.user_id WHERE t.id = $1',
        [json['id']],
      );
      return row?.email;
    };
    expect(await whose()).toBe(ada.email);
    await service.query('DELETE FROM factor_tickets');
    expect(await whose()).toBe(eve.email);
  });
});

async function signedInByEnrolling(person: Person): Promise<Answer> {
  const ticket = await ticketFor(person);
  const { id, code } = await begun({ ticket });
  const answer = await confirm(id, { ticket, code });
  expect(answer.status).toBe(200);
  return answer;
}

describe('the setting MFA_REQUIRED_ROLES', () => {
  it('asks nobody else by default, and everybody where it names every role', async () => {
    expect((await mobile(service.url)).user).toMatchObject({ role: 'user' });
    const all = await startServiceForTest({ MFA_REQUIRED_ROLES: 'user,admin' });
    const person = somebody();
    await post('/auth/register', person, {}, all);
    const { json } = await post('/auth/login', { ...person, transport: 'bearer' }, {}, all);
    expect(json['code']).toBe('enrolment_required');
  });

  it('asks no administrator where it is none', async () => {
    const none = await startServiceForTest({ MFA_REQUIRED_ROLES: 'none' });
    expect((await mobile(none.url, await administrator(none))).user).toMatchObject({ role: 'admin' });
  });

  it('leaves a session from before, and lets its owner enrol with it', async () => {
    const phone = await mobile(service.url);
    await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [phone.user.id]);
    const { id, code } = await begun({}, bearer(phone.accessToken));
    expect((await confirm(id, { code }, bearer(phone.accessToken))).json['recoveryCodes']).toHaveLength(10);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });
});

it('an enrolment by a session needs a recent proof, with two factors where there is one already', async () => {
  const stale = await mobile(service.url);
  await service.advance(901);
  const { json } = await post('/auth/refresh', { refreshToken: stale.refreshToken });
  const young = await mobile(service.url);
  await enrolled(service, young.person);
  for (const token of [json['accessToken'] as string, young.accessToken]) {
    const answers = [await begin({}, bearer(token)), await confirm(randomUUID(), { code: '123456' }, bearer(token))];
    for (const answer of answers) expect(answer.json).toMatchObject({ status: 403, code: 'reauthentication_required' });
  }
});

it('a sixth app is one too many, and an id that names none confirms nothing', async () => {
  const ada = await enrolled(service);
  for (let n = 0; n < 4; n++) await enrolled(service, ada.person);
  const { accessToken } = await signedInWith(service, ada);
  expect((await begin({}, bearer(accessToken))).json).toMatchObject({
    status: 409,
    code: 'too_many_factors',
    session: 'keep',
  });
  for (const id of ['x', '%00']) {
    const answer = await confirm(id, { code: '123456' }, bearer(accessToken));
    expect([id, answer.json['code']]).toEqual([id, 'not_found']);
  }
});

it('a network that presents many bad tokens of mails waits before the next one', async () => {
  const own = await startServiceForTest({ FAILURES_PER_ADDRESS: '10' });
  const phone = await mobile(own.url);
  const headers = bearer(phone.accessToken);
  const { json } = await post('/auth/factors/totp', {}, headers, own);
  const token = formatOneTimeToken({ purpose: 'enrol', userId: phone.user.id, secret: randomBytes(32) });
  const path = `/auth/factors/totp/${json['id']}/confirm`;
  const seed = seedIn(json['uri'] as string);
  const codes: string[] = [];
  for (let n = 0; n < 11; n++) {
    const code = codeOf(seed, await stepNow(own));
    codes.push((await post(path, { code, token }, headers, own)).json['code'] as string);
  }
  expect(codes).toEqual([...Array.from({ length: 10 }, () => 'token_invalid'), 'too_many_attempts']);
});

it('a factor that a person adds to another one ends the other sessions and brings no codes', async () => {
  const ada = await enrolled(service);
  const [other, phone] = [await signedInWith(service, ada), await signedInWith(service, ada)];
  const { id, code } = await begun({}, bearer(phone.accessToken));
  const answer = await confirm(id, { code }, bearer(phone.accessToken));
  expect([answer.status, answer.json]).toEqual([200, {}]);
  expect((await me(service.url, other.accessToken)).json['code']).toBe('token_revoked');
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
});
