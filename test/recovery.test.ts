// Whoever forgot their password gets a new one by a mailed link, and nobody else does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { type TokenPurpose, tokenPurposes } from '../src/database/schema/vocabularies.js';
import { KnownDevices } from '../src/limits/known-devices.js';
import { formatOneTimeToken } from '../src/tokens/one-time-token.js';
import { OneTimeTokens } from '../src/tokens/one-time-tokens.js';
import { type Answer, bearer, Browser, call, me, mobile, type Person, refresh, register } from './support/client.js';
import { type MailServer, startMailServer, tokenIn } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { startStill } from './support/still-time.js';
import { until } from './support/until.js';

const NEW = 'quite another passphrase';
const caller = { ip: null, userAgent: null, requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };

let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService(mail.settings);
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

const idOf = async ({ email }: Person, of = service) =>
  (await of.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email]))[0]?.id ?? '';
const reset = (token: unknown, newPassword: unknown = NEW, of = service): Promise<Answer> =>
  call(of.url, 'POST', '/auth/password/reset', { body: { token, newPassword } });
const login = ({ email, password }: Person, of = service) =>
  call(of.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });

async function withLink(of = service) {
  const person = await register(of.url);
  const userId = await idOf(person, of);
  return { person, userId, ...(await mailed(of, userId, 'reset')) };
}

/** The bytes of a refusal, without those that differ with each request. */
const bytesOf = ({ status, text, headers }: Answer) => ({
  status,
  text: text.replace(/"requestId":"[^"]+"/, ''),
  headers: Object.keys(headers).toSorted(),
});

describe('a reset', () => {
  it('works from end to end: ask, read the mail, follow the link, sign in', async () => {
    const person = await register(service.url);
    const asked = await call(service.url, 'POST', '/auth/password/forgot', { body: { email: person.email } });
    expect([asked.status, asked.text]).toEqual([202, '']);
    const token = tokenIn(await mail.mailTo(person.email, 'reset'));
    expect((await reset(token)).status).toBe(204);
    expect((await login({ ...person, password: NEW })).status).toBe(200);
  });

  it('is mailed to the owner of the address, and to nobody who is disabled or unknown', async () => {
    const [disabled, known] = [await register(service.url), await register(service.url)];
    await service.app.get(AccountStatus).disable(await idOf(disabled), { by: 'operator', caller: caller });
    const before = mail.mails().length;
    const resets = () =>
      mail
        .mails()
        .slice(before)
        .filter(({ kind }) => kind === 'reset');
    for (const email of [disabled.email, 'nobody@example.com', known.email])
      await call(service.url, 'POST', '/auth/password/forgot', { body: { email } });
    await mail.mailTo(known.email, 'reset');
    expect(resets()).toHaveLength(1);
    await until('nothing waits', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
    expect(resets()).toHaveLength(1);
  });

  it('sets the new password, and the old one opens nothing', async () => {
    const { person, token } = await withLink();
    const answer = await reset(token);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await login(person)).json['code']).toBe('invalid_credentials');
    expect((await login({ ...person, password: NEW })).status).toBe(200);
  });

  it('signs nobody in: no token and no cookie', async () => {
    const { person, token } = await withLink();
    const browser = new Browser(service.url);
    const answer = await browser.go('POST', '/auth/password/reset', { body: { token, newPassword: NEW } });
    expect([answer.status, answer.text, answer.cookies]).toEqual([204, '', []]);
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [await idOf(person)])).toEqual([]);
  });

  it('ends every session and access token at once', async () => {
    const { person, token } = await withLink();
    const [phone, tablet] = [await mobile(service.url, person), await mobile(service.url, person)];
    expect((await reset(token)).status).toBe(204);
    for (const { accessToken, refreshToken } of [phone, tablet]) {
      expect((await me(service.url, accessToken)).json['code']).toBe('token_revoked');
      expect((await refresh(service.url, refreshToken)).json['code']).toBe('refresh_token_invalid');
    }
    const ended = await service.query('SELECT revoked_reason FROM refresh_tokens WHERE user_id = $1', [phone.user.id]);
    expect(ended).toEqual([{ revoked_reason: 'password_reset' }, { revoked_reason: 'password_reset' }]);
  });

  it('voids every other link, and makes every known device unknown', async () => {
    const { person, userId, token } = await withLink();
    const known = (await login(person)).json['deviceToken'] as string;
    const others = await Promise.all(
      (['verify', 'magic', 'email'] as const).map(async (purpose) => {
        const link = await mailed(service, userId, purpose);
        return { purpose, token: link.token };
      }),
    );
    expect((await reset(token)).status).toBe(204);
    for (const other of others)
      expect(await service.app.get(OneTimeTokens).look(other.token, other.purpose)).toBeUndefined();
    const { devices, user } = { devices: service.app.get(KnownDevices), user: { id: userId, sessionEpoch: 2 } };
    expect(await devices.of(user, { headers: {} }, known)).toBeUndefined();
    expect(await devices.of({ ...user, sessionEpoch: 1 }, { headers: {} }, known)).toBeDefined();
    const [counters] = await service.query(
      'SELECT session_epoch AS s, token_version AS t, credential_version AS c FROM users WHERE id = $1',
      [userId],
    );
    expect(counters).toEqual({ s: 2, t: 2, c: 2 });
  });

  it('verifies the address, which its reader has shown to read', async () => {
    const { person, token } = await withLink();
    await reset(token);
    const { accessToken } = await mobile(service.url, { ...person, password: NEW });
    expect((await me(service.url, accessToken)).json['emailVerified']).toBe(true);
  });

  it('is written down, and the owner is told by mail', async () => {
    const { person, userId, token } = await withLink();
    await reset(token);
    const events = await service.query('SELECT type, outcome FROM audit_events WHERE user_id = $1 ORDER BY id', [
      userId,
    ]);
    expect(events.at(-1)).toEqual({ type: 'password.reset', outcome: 'success' });
    expect(service.log.filter((line) => line['event'] === 'password.reset' && line['userId'] === userId)).toHaveLength(
      1,
    );
    expect((await mail.mailTo(person.email)).kind).toBe('password_changed');
  });

  it('opens an account that strangers have closed to unknown devices', async () => {
    const own = await startStill({ TRUST_PROXY: '1', GUESSES_MAX: '10', GUESSES_FREE_ACCOUNT: '20' });
    const { person, token } = await withLink(own);
    const guess = (password: string, ip: string) =>
      call(own.url, 'POST', '/auth/login', {
        body: { email: person.email, password, transport: 'bearer' },
        headers: { 'x-forwarded-for': ip },
      });
    for (let n = 0; n < 10; n++) await guess('wrong', `198.51.${n}.1`);
    expect((await guess(person.password, '203.0.113.1')).status).toBe(429);
    expect((await reset(token, NEW, own)).status).toBe(204);
    expect((await guess(NEW, '203.0.113.1')).status).toBe(200);
  });

  it('with a password that is refused does not use the link up, and says what is wrong', async () => {
    const { token } = await withLink();
    for (const refused of ['short', 'x'.repeat(200)]) {
      const answer = await reset(token, refused);
      expect(answer.json).toMatchObject({ status: 422, code: 'password_rejected', errors: [{ path: 'newPassword' }] });
    }
    expect((await reset(token)).status).toBe(204);
  });

  it('gives a password to an account that has none', async () => {
    const { person, token, userId } = await withLink();
    await service.query('UPDATE users SET password_hash = NULL WHERE id = $1', [userId]);
    expect((await reset(token)).status).toBe(204);
    expect((await login({ ...person, password: NEW })).status).toBe(200);
  });
});

describe('a link that is not good', () => {
  it('is refused with the same bytes, whatever is wrong with it (unknown, used, superseded, expired, foreign)', async () => {
    const own = await startServiceForTest();
    const good = await withLink(own);
    const used = await withLink(own);
    expect((await reset(used.token, NEW, own)).status).toBe(204);
    const superseded = await withLink(own);
    await mailed(own, superseded.userId, 'reset');
    const foreign = formatOneTimeToken({ purpose: 'reset', userId: good.userId, secret: superseded.secret });
    const unknown = formatOneTimeToken({ purpose: 'reset', userId: good.wanted.request, secret: good.secret });
    const disabled = await withLink(own);
    await own.app.get(AccountStatus).disable(disabled.userId, { by: 'operator', caller: caller });
    const gone = await withLink(own);
    await own.query('DELETE FROM users WHERE id = $1', [gone.userId]);
    const verify = await mailed(own, good.userId, 'verify');
    const expired = await withLink(own);
    await own.query(`UPDATE one_time_tokens SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
      expired.userId,
    ]);
    const bad = {
      ...{
        used: used.token,
        superseded: superseded.token,
        foreign,
        unknown,
        disabled: disabled.token,
        gone: gone.token,
      },
      ...{ expired: expired.token, purpose: verify.token, empty: '', garbage: 'x', truncated: good.token.slice(0, -1) },
      ...{ case: good.token.toUpperCase(), padded: `${good.token}=`, escaped: `#token=${good.token}` },
    };
    const answers: Record<string, unknown> = {};
    for (const [name, token] of Object.entries(bad)) answers[name] = bytesOf(await reset(token, NEW, own));
    const [first] = Object.values(answers);
    expect(first).toMatchObject({ status: 400, text: expect.stringContaining('"code":"token_invalid"') as string });
    for (const [name, answer] of Object.entries(answers)) expect([name, answer]).toEqual([name, first]);
    expect((await reset(good.token, NEW, own)).status).toBe(204);
  });

  it('costs no hash', async () => {
    const own = await startServiceForTest({ PASSWORD_BREACH_URL: 'http://127.0.0.1:9/never-asked' });
    const { token } = await withLink(own);
    const warnings = () => own.log.filter((line) => line['event'] === 'password.breach_check_failed').length;
    const before = warnings(); // whoever chooses a password is judged first, and this judge cannot be reached
    expect((await reset(token, NEW, own)).status).toBe(204);
    expect(warnings()).toBe(before + 1);
    for (const dead of [token, `${token}=`, 'x'])
      expect((await reset(dead, NEW, own)).json['code']).toBe('token_invalid');
    expect(warnings()).toBe(before + 1);
  });

  it('does not work after a change of the password', async () => {
    const { person, token } = await withLink();
    const { accessToken } = await mobile(service.url, person);
    const body = { currentPassword: person.password, newPassword: NEW };
    const changed = await call(service.url, 'POST', '/auth/password', { body, headers: bearer(accessToken) });
    expect(changed.status).toBe(200);
    expect((await reset(token, 'a passphrase of the thief')).json['code']).toBe('token_invalid');
    expect((await login({ ...person, password: NEW })).status).toBe(200);
  });

  it('does not work after a logout of all devices: that is what somebody does who fears for their account', async () => {
    const { person, token } = await withLink();
    const { accessToken } = await mobile(service.url, person);
    await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) });
    expect((await reset(token)).json['code']).toBe('token_invalid');
  });

  it('does not work after a change of the address, whose old mailbox may be lost or read by a stranger', async () => {
    const { person, userId, token } = await withLink();
    const to = `moved-${person.email}`;
    const confirmation = await mailed(service, userId, 'email', { address: to, boundEmail: person.email });
    const confirmed = await call(service.url, 'POST', '/auth/email/verify', { body: { token: confirmation.token } });
    expect(confirmed.status).toBe(204);
    expect((await reset(token)).json['code']).toBe('token_invalid');
    expect((await login({ ...person, email: to })).status).toBe(200);
  });

  it('of every purpose is refused at every other route', async () => {
    const { userId, person } = await withLink();
    const routes: Record<string, readonly TokenPurpose[]> = {
      '/auth/password/reset': ['reset', 'invite'],
      '/auth/email/verify': ['verify', 'email'],
      '/auth/freeze': ['freeze'],
    };
    for (const purpose of tokenPurposes) {
      const { token } = await mailed(service, userId, purpose);
      for (const [path, own] of Object.entries(routes)) {
        if (own.includes(purpose)) continue;
        const body = path === '/auth/password/reset' ? { token, newPassword: NEW } : { token };
        const answer = await call(service.url, 'POST', path, { body });
        expect([purpose, path, answer.json['code']]).toEqual([purpose, path, 'token_invalid']);
      }
    }
    expect((await login(person)).status).toBe(200);
  });
});

describe('a good link', () => {
  it('presented 20 times at once works once', async () => {
    const { person, token } = await withLink();
    const passwords = Array.from({ length: 20 }, (_, n) => `quite another passphrase, number ${n}`);
    const answers = await Promise.all(passwords.map((password) => reset(token, password)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ json }) => json['code'] === 'token_invalid')).toHaveLength(19);
    const winner = passwords[answers.findIndex(({ status }) => status === 204)] ?? '';
    for (const password of passwords.slice(0, 5))
      expect((await login({ ...person, password })).status).toBe(password === winner ? 200 : 401);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'])('is not used up by %s', async (method) => {
    const { token } = await withLink();
    for (const path of ['/auth/password/reset', '/auth/email/verify']) {
      for (const query of ['', `?token=${token}`, `?token=${token}&newPassword=${encodeURIComponent(NEW)}`])
        expect((await call(service.url, method, path + query)).status).toBeGreaterThanOrEqual(204);
    }
    expect((await reset(token)).status).toBe(204);
  });

  it('is taken from the body alone, and from nothing beside it', async () => {
    const { token } = await withLink();
    const path = `/auth/password/reset?token=${token}`;
    const body = { newPassword: NEW };
    expect((await call(service.url, 'POST', path, { body })).json['code']).toBe('invalid_request');
    expect(
      (await call(service.url, 'POST', '/auth/password/reset', { body: { ...body, token, userId: 'x' } })).status,
    ).toBe(400);
    for (const other of [[token], { token }, 1, null])
      expect((await reset(other)).json['code']).toBe('invalid_request');
    expect((await reset(token)).status).toBe(204);
  });

  it('is not taken from a page of another origin', async () => {
    const { token } = await withLink();
    const foreign = new Browser(service.url, 'https://evil.example');
    for (const path of [
      '/auth/password/reset',
      '/auth/password/forgot',
      '/auth/email/verify',
      '/auth/email/verify/resend',
    ]) {
      const headers = { 'sec-fetch-site': 'cross-site' };
      const answer = await foreign.go('POST', path, { body: { token, newPassword: NEW }, headers });
      expect(answer.json['code']).toBe('csrf_rejected');
    }
    expect((await reset(token)).status).toBe(204);
  });
});

describe('failures', () => {
  it('are charged to the network, and a good link waits like any other', async () => {
    const own = await startServiceForTest({ TRUST_PROXY: '1', FAILURES_PER_ADDRESS: '10' });
    const { token, secret } = await withLink(own);
    const unknown = formatOneTimeToken({ purpose: 'reset', userId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d', secret });
    const from = (ip: string, text: string) =>
      call(own.url, 'POST', '/auth/password/reset', {
        body: { token: text, newPassword: NEW },
        headers: { 'x-forwarded-for': ip },
      });
    for (let n = 0; n < 20; n++) expect((await from('198.51.100.1', 'garbage')).status).toBe(400);
    for (let n = 0; n < 10; n++) expect((await from('198.51.100.1', unknown)).status).toBe(400);
    const refused = await from('198.51.100.1', token);
    expect(refused.json).toMatchObject({ status: 429, code: 'too_many_attempts' });
    expect((await from('203.0.113.1', token)).status).toBe(204);
  });

  it('of nobody who succeeds are charged: a dozen people reset from one network', async () => {
    const own = await startServiceForTest({ FAILURES_PER_ADDRESS: '10' });
    for (let n = 0; n < 12; n++) {
      const { token } = await withLink(own);
      expect((await reset(token, 'short', own)).status).toBe(422);
      expect((await reset(token, NEW, own)).status).toBe(204);
    }
  });
});
