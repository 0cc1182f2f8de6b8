// A session of the system that a person comes from is exchanged for one of ours, once, and ends with whatever ends theirs.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { ForeignSessionsPurge } from '../src/sessions/foreign-sessions-purge.js';
import { bearer, Browser, call, decode, me, mobile, register, somebody } from './support/client.js';
import { enrolled } from './support/factors.js';
import { cliContext, fileOf, foreignSession, importText, operator } from './support/imports.js';
import { ClientKey, goesOnBound } from './support/key-proofs.js';
import { noteSecret } from './support/leaks.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

const MIGRATION_ISSUER = 'https://old.example.com';

let service: Service;
beforeAll(async () => {
  service = await startService({ MIGRATION_ISSUER });
});
afterAll(() => service.stop());

const exchange = (token: unknown, extra: object = {}, { url } = service) =>
  call(url, 'POST', '/auth/exchange', { body: { token, transport: 'bearer', ...extra } });
const idOf = async ({ email }: { email: string }) => {
  const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email]);
  return user?.id ?? '';
};
const newUser = async () => idOf(await register(service.url));
const refused = { status: 401, code: 'foreign_session_invalid' };

describe('a session of the other system', () => {
  it('is imported with its user, as a token or as its hash, and exchanged for a session of the user', async () => {
    const [person, other] = [somebody(), somebody()];
    const [token, second] = [`old-token-of-${person.email}`, `old-token-of-${other.email}`];
    for (const text of [token, second]) noteSecret(text, 'the token of another system');
    const expiresAt = '2099-01-01T00:00:00Z';
    const authenticatedAt = '2026-01-02T03:04:05Z';
    const tokenHash = createHash('sha256').update(second).digest('base64url');
    const file = fileOf([
      { email: person.email, emailVerified: true, sessions: [{ token, expiresAt, authenticatedAt }] },
      { email: other.email, sessions: [{ tokenHash, expiresAt }] },
    ]);
    expect(await importText(await cliContext(service.databaseUrl), file)).toMatchObject({ imported: 2, refused: 0 });
    const answer = await exchange(token);
    expect(answer.status).toBe(200);
    expect(answer.json['user']).toMatchObject({ email: person.email, emailVerified: true });
    const claims = decode(answer.json['accessToken']);
    expect(claims).toMatchObject({ amr: [], auth_time: Date.parse(authenticatedAt) / 1_000 });
    expect((await me(service.url, answer.json['accessToken'])).status).toBe(200);
    expect(
      (await call(service.url, 'POST', '/auth/refresh', { body: { refreshToken: answer.json['refreshToken'] } }))
        .status,
    ).toBe(200);
    const [event] = await service.query<{ details: object }>(
      `SELECT details FROM audit_events WHERE type = 'login.succeeded' AND user_id = $1`,
      [await idOf(person)],
    );
    expect(event?.details).toMatchObject({ provider: MIGRATION_ISSUER, methods: [] });
    // Nobody knows when they signed in there: long ago, so that whatever needs a recent proof asks for one.
    const unknown = await exchange(second);
    expect(unknown.json['user']).toMatchObject({ email: other.email, emailVerified: false });
    expect(decode(unknown.json['accessToken'])['auth_time']).toBe(0);
    const headers = bearer(unknown.json['accessToken']);
    const deletion = await call(service.url, 'DELETE', '/auth/me', { headers });
    expect(deletion.json['code']).toBe('reauthentication_required');
    for (const text of [token, second]) expect((await exchange(text)).json).toMatchObject(refused);
  });

  it('sets the cookies of a browser and puts no token into the body', async () => {
    const browser = new Browser(service.url);
    const token = await foreignSession(service, await newUser());
    const answer = await browser.go('POST', '/auth/exchange', { body: { token, remember: true } });
    expect([answer.status, answer.text]).toEqual([200, expect.not.stringMatching(/eyJ|wrt_/)]);
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it('keeps its token where sessions need a key and the app shows none', async () => {
    const strict = await startService(
      { MIGRATION_ISSUER, REQUIRE_BOUND_SESSIONS: 'bearer' },
      { databaseUrl: service.databaseUrl },
    );
    onTestFinished(() => strict.stop());
    const token = await foreignSession(service, await newUser());
    expect((await exchange(token, {}, strict)).json['code']).toBe('dpop_proof_required');
    const path = '/auth/exchange';
    const key = await ClientKey.make();
    const body = { token, transport: 'bearer' };
    const answer = await call(strict.url, 'POST', path, { body, headers: await key.headers(path) });
    await goesOnBound(strict.url, key, answer.json['refreshToken']);
  });

  it('presented 20 times at once starts one session', async () => {
    const userId = await newUser();
    const token = await foreignSession(service, userId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ json }) => json['code'] === 'foreign_session_invalid')).toHaveLength(19);
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId])).toHaveLength(1);
  });

  it('that is unknown, malformed or over is refused with one answer', async () => {
    const userId = await newUser();
    const over = await foreignSession(service, userId, { lifeSeconds: 60 });
    const deleted = await foreignSession(service, await newUser());
    await service.query(
      'DELETE FROM users WHERE id = (SELECT user_id FROM foreign_sessions WHERE token_hash = sha256($1))',
      [deleted],
    );
    await service.advance(61);
    for (const token of [over, deleted, 'x', `old_${'y'.repeat(8_000)}`]) {
      const { json } = await exchange(token);
      expect(json).toMatchObject(refused);
      expect(json).not.toHaveProperty('session');
    }
    expect((await exchange('x'.repeat(8_193))).json['code']).toBe('invalid_request');
  });

  const acts: Record<string, (who: Awaited<ReturnType<typeof mobile>>) => Promise<unknown>> = {
    'the account is disabled': ({ user }) =>
      service.app.get(AccountStatus).disable(user.id, { by: 'operator', caller: operator }),
    'the account is disabled and enabled again': async ({ user }) => {
      await service.app.get(AccountStatus).disable(user.id, { by: 'operator', caller: operator });
      await service.app.get(AccountStatus).enable(user.id, { by: 'operator', caller: operator });
    },
    'the password is changed': ({ accessToken, person }) =>
      call(service.url, 'POST', '/auth/password', {
        headers: bearer(accessToken),
        body: { currentPassword: person.password, newPassword: `${person.password}, and more` },
      }),
    'the password is reset': async ({ user, person }) => {
      const { token } = await mailed(service, user.id, 'reset');
      const newPassword = `${person.password}, and more`;
      return call(service.url, 'POST', '/auth/password/reset', { body: { token, newPassword } });
    },
    'the person signs out everywhere': ({ accessToken }) =>
      call(service.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) }),
    'the person ends all their other sessions': ({ accessToken }) =>
      call(service.url, 'DELETE', '/auth/sessions', { headers: bearer(accessToken) }),
  };
  it.each(Object.keys(acts))('is dead after %s', async (what) => {
    const who = await mobile(service.url);
    const token = await foreignSession(service, who.user.id);
    await acts[what]?.(who);
    expect((await exchange(token)).json).toMatchObject(refused);
    // Whoever ends their other sessions deletes it: it is unknown then.
    const reasons = { disabled: ['disabled'], sessions: [] }[what.split(' ').at(-1) ?? ''] ?? ['session_ended'];
    const failed = `SELECT details->>'reason' AS reason FROM audit_events WHERE type = 'login.failed' AND user_id = $1`;
    expect(await service.query(failed, [who.user.id])).toEqual(reasons.map((reason) => ({ reason })));
  });

  it('is a first factor only: the second one is asked for, and a role that needs one sets it up', async () => {
    const { userId, code } = await enrolled(service);
    const asked = await exchange(await foreignSession(service, userId));
    expect(asked.json).toMatchObject({ status: 401, code: 'second_factor_required' });
    const factor = { ticket: asked.json['ticket'], totp: await code() };
    expect((await call(service.url, 'POST', '/auth/factor', { body: factor })).status).toBe(200);
    const admin = await newUser();
    await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [admin]);
    expect((await exchange(await foreignSession(service, admin))).json['code']).toBe('enrolment_required');
  });

  it('cannot be exchanged by a page of another origin', async () => {
    const token = await foreignSession(service, await newUser());
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await call(service.url, 'POST', '/auth/exchange', { body: { token }, headers });
    expect(answer.json['code']).toBe('csrf_rejected');
    expect((await exchange(token)).status).toBe(200);
  });
});

it('guesses at such sessions are limited by network, and a right one behind them is not looked at', async () => {
  const own = await startServiceForTest({ MIGRATION_ISSUER, FAILURES_PER_ADDRESS: '10' });
  const { user } = await mobile(own.url);
  const token = await foreignSession(own, user.id);
  for (let guess = 0; guess < 10; guess++) expect((await exchange(`guess ${guess}`, {}, own)).status).toBe(401);
  const answer = await exchange(token, {}, own);
  expect(answer.json).toMatchObject({ status: 429, code: 'too_many_attempts', retryAfter: expect.any(Number) });
  expect(await own.query('SELECT 1 FROM foreign_sessions')).toHaveLength(1);
});

it('without MIGRATION_ISSUER the route does not exist, even for a good session', async () => {
  const own = await startServiceForTest();
  const { user } = await mobile(own.url);
  expect((await exchange(await foreignSession(own, user.id), {}, own)).json).toMatchObject({
    status: 404,
    code: 'not_found',
  });
  expect(await own.query('SELECT 1 FROM foreign_sessions')).toHaveLength(1);
});

it('those that are over go, by an index', async () => {
  const own = await startServiceForTest();
  const { user } = await mobile(own.url);
  await own.query(
    `INSERT INTO foreign_sessions (user_id, token_hash, expires_at)
     SELECT $1, sha256(n::text::bytea), protocol_now() + make_interval(hours => 1 + n % 2) FROM generate_series(1, 5000) n`,
    [user.id],
  );
  await own.advance(3_601);
  const purge = own.app.get(ForeignSessionsPurge, { strict: false });
  await purge.round();
  expect(await own.query('SELECT 1 FROM foreign_sessions WHERE expires_at <= protocol_now()')).toEqual([]);
  expect(await own.query('SELECT 1 FROM foreign_sessions')).toHaveLength(2_500);
});
