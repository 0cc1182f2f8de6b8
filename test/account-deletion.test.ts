// Leaving for good: the account is gone at once, everywhere, and only the audit trail remembers it, without an address.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, Browser, call, me, mobile, refresh, register, type Tokens } from './support/client.js';
import { expectDead, twoInstances, warmPhone } from './support/instances.js';
import { startMailServerForTest } from './support/mail-server.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { startRedis } from './support/redis.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

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

const leave = ({ accessToken }: Pick<Tokens, 'accessToken'>, { url } = service) =>
  call(url, 'DELETE', '/auth/me', { headers: bearer(accessToken) });
const login = (person: object) =>
  call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } });
const isThere = async (userId: string, own = service) =>
  (await own.query('SELECT 1 FROM users WHERE id = $1', [userId])).length === 1;

/** Every table that has rows of the user, and every row of any table in which the address stands. */
async function tracesOf(userId: string, email: string): Promise<{ tables: string[]; rows: string[] }> {
  const names = await service.query<{ name: string; has_user: boolean }>(
    `SELECT t.table_name AS name, c.column_name IS NOT NULL AS has_user FROM information_schema.tables t
       LEFT JOIN information_schema.columns c ON c.table_name = t.table_name AND c.column_name = 'user_id'
      WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'`,
  );
  const traces = { tables: [] as string[], rows: [] as string[] };
  for (const { name, has_user } of names) {
    if (has_user && (await service.query(`SELECT 1 FROM ${name} WHERE user_id = $1 LIMIT 1`, [userId])).length > 0)
      traces.tables.push(name);
    const rows = await service.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t WHERE t::text LIKE $1`, [
      `%${email}%`,
    ]);
    traces.rows.push(...rows.map(({ row }) => row));
  }
  return traces;
}

describe('a person who deletes their account', () => {
  it('is gone: no row refers to them but the audit trail, and their address stands nowhere (ASVS 14.2.7)', async () => {
    const phone = await mobile(service.url);
    const other = await mobile(service.url);
    await call(service.url, 'POST', '/auth/logout', {
      headers: bearer((await mobile(service.url, phone.person)).accessToken),
    });
    await service.query(
      `INSERT INTO one_time_tokens (user_id, purpose, request, hash, address, expires_at)
       VALUES ($1, 'reset', gen_random_uuid(), '\\x00', $2, now() + interval '1 hour')`,
      [phone.user.id, phone.person.email],
    );
    const { tables } = await tracesOf(phone.user.id, phone.person.email);
    expect(tables).toEqual(expect.arrayContaining(['refresh_tokens', 'access_revocations', 'one_time_tokens']));
    expect((await leave(phone)).status).toBe(204);
    const left = await tracesOf(phone.user.id, phone.person.email);
    expect(left.rows).toEqual([]);
    for (const table of left.tables) expect(table).toMatch(/^(audit_events\w*|revocation_outbox|revoked_subjects)$/);
    expect(await isThere(phone.user.id)).toBe(false);
    expect(await isThere(other.user.id)).toBe(true);
    const events = await service.query(
      `SELECT type, details FROM audit_events WHERE user_id = $1 AND type IN ('user.registered', 'user.deleted') ORDER BY at`,
      [phone.user.id],
    );
    expect(events).toEqual([
      { type: 'user.registered', details: {} },
      { type: 'user.deleted', details: { sessions: 1 } },
    ]);
  });

  it('is signed out everywhere at once, and to a sign-in nobody they ever knew', async () => {
    const phone = await mobile(service.url);
    const tablet = await mobile(service.url, phone.person);
    expect((await leave(phone)).status).toBe(204);
    await expectDead([service], phone);
    await expectDead([service], tablet);
    for (const { refreshToken } of [phone, tablet])
      expect((await refresh(service.url, refreshToken)).json).toMatchObject({
        code: 'refresh_token_invalid',
        session: 'ended',
      });
    const [known, unknown] = [
      await login(phone.person),
      await login({ ...phone.person, email: `${randomUUID()}@example.com` }),
    ];
    expect({ ...known.json, requestId: '' }).toEqual({ ...unknown.json, requestId: '' });
    expect(known.json['code']).toBe('invalid_credentials');
    expect((await leave(phone)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
  });

  it('loses the cookies of the browser', async () => {
    const browser = await Browser.signedIn(service.url);
    expect((await browser.go('DELETE', '/auth/me')).status).toBe(204);
    for (const name of ['access_token', 'refresh_token', 'auth_session'] as const)
      expect(browser.cookie(name)).toBeUndefined();
  });

  it('is told so by mail, the last one', async () => {
    const mail = await startMailServerForTest();
    const own = await startServiceForTest(mail.settings);
    const phone = await mobile(own.url);
    expect((await leave(phone, own)).status).toBe(204);
    await mail.mailTo(phone.person.email, 'account_deleted');
    await until('nothing waits', async () => (await own.query('SELECT 1 FROM mail_outbox')).length === 0);
  });

  it('cannot be led there by a page of another origin', async () => {
    const browser = await Browser.signedIn(service.url);
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await browser.go('DELETE', '/auth/me', { headers })).json['code']).toBe('csrf_rejected');
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it('is another person after they register again with the same address', async () => {
    const phone = await mobile(service.url);
    await leave(phone);
    await register(service.url, phone.person);
    const again = await mobile(service.url, phone.person);
    expect(again.user.id).not.toBe(phone.user.id);
    await expectDead([service], phone);
    expect((await refresh(service.url, phone.refreshToken)).json['code']).toBe('refresh_token_invalid');
  });
});

describe('a sign-in that is too long ago', () => {
  it('is answered with 403 and the challenge of RFC 9470, until a new proof is given (ASVS 7.5.3)', async () => {
    const own = await startServiceForTest({ STEP_UP_MAX_AGE_SECONDS: '600' });
    const phone = await mobile(own.url);
    await own.advance(500);
    await own.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [phone.user.id]);
    expect((await leave(phone, own)).json['code']).toBe('last_admin'); // the route was reached
    await own.query(`UPDATE users SET role = 'user' WHERE id = $1`, [phone.user.id]);
    await own.advance(101);
    const late = await leave(phone, own);
    expect(late.json).toMatchObject({ status: 403, code: 'reauthentication_required', session: 'keep' });
    expect(late.headers['www-authenticate']).toMatch(
      /^Bearer realm="watchword", error="insufficient_user_authentication", error_description="[-\w ,;:.]+", max_age="600"$/,
    );
    // A refresh proves nothing.
    const refreshed = (await refresh(own.url, phone.refreshToken)).json as Tokens;
    expect((await leave(refreshed, own)).json['code']).toBe('reauthentication_required');
    const proof = { body: { password: phone.person.password }, headers: bearer(refreshed.accessToken) };
    const proven = await call(own.url, 'POST', '/auth/reauthenticate', proof);
    expect((await leave(refreshed, own)).json['code']).toBe('reauthentication_required');
    expect((await leave(proven.json as Tokens, own)).status).toBe(204);
    expect(await isThere(phone.user.id, own)).toBe(false);
  });
});

it('the last administrator stays, and keeps the session, until there is another one', async () => {
  const phone = await mobile(service.url);
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [phone.user.id]);
  expect((await leave(phone)).json).toMatchObject({ status: 409, code: 'last_admin', session: 'keep' });
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  const second = await mobile(service.url);
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [second.user.id]);
  expect((await leave(phone)).status).toBe(204);
  expect((await leave(second)).json['code']).toBe('last_admin');
  await service.query(`UPDATE users SET role = 'user' WHERE id = $1`, [second.user.id]);
});

describe('a deletion beside other acts', () => {
  it('succeeds once if it is sent twice at the same time', async () => {
    const phone = await mobile(service.url);
    const answers = await Promise.all([leave(phone), leave(phone)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 401]);
    expect(answers.find(({ status }) => status === 401)?.json).toMatchObject({
      code: 'token_revoked',
      session: 'ended',
    });
  });

  it.each([
    ['every session', '/auth/logout-all'],
    ['this session', '/auth/logout'],
  ])('does not happen if its owner ends %s first', async (_, path) => {
    const phone = await mobile(service.url);
    const held = proxy.pauseBefore(/update "users" u set token_version/);
    const deletion = leave(phone);
    expect(await held.arrivesDuring(deletion)).toBe(true);
    expect((await call(service.url, 'POST', path, { headers: bearer(phone.accessToken) })).status).toBe(204);
    held.release();
    expect((await deletion).json).toMatchObject({ status: 401, session: 'ended' });
    expect(await isThere(phone.user.id)).toBe(true);
    expect((await login(phone.person)).status).toBe(200);
  });

  it.each([
    ['a sign-in', ({ person }: Phone) => login(person)],
    ['a refresh', ({ refreshToken }: Phone) => refresh(service.url, refreshToken)],
    [
      'a logout',
      ({ accessToken }: Phone) => call(service.url, 'POST', '/auth/logout', { headers: bearer(accessToken) }),
    ],
    [
      'a change of the password',
      ({ accessToken, person: { password: currentPassword } }: Phone) =>
        call(service.url, 'POST', '/auth/password', {
          body: { currentPassword, newPassword: 'quite another passphrase' },
          headers: bearer(accessToken),
        }),
    ],
  ])('leaves %s nothing, wherever in it the deletion falls', async (_, act) => {
    for (const statement of [
      /update "users" u set token_version/,
      /update "refresh_tokens" set/,
      /delete from "users"/,
      /insert into "revocation_outbox"/,
    ]) {
      const phone = await mobile(service.url);
      const held = proxy.pauseBefore(statement);
      const deletion = leave(phone);
      expect([statement, await held.arrivesDuring(deletion)]).toEqual([statement, true]);
      const other = act(phone);
      // It waits for a lock, or is answered already.
      await Promise.race([other, until('the other act waits', () => isWaiting())]);
      held.release();
      const [deleted, answer] = await Promise.all([deletion, other]);
      expect([statement, answer.status]).not.toEqual([statement, 500]);
      if (deleted.status !== 204) continue; // the other act ended the session first
      const minted = answer.json as Partial<Tokens>;
      for (const token of [phone.accessToken, minted.accessToken].filter((each) => each !== undefined))
        expect((await me(service.url, token)).status).toBe(401);
      for (const token of [phone.refreshToken, minted.refreshToken].filter((each) => each !== undefined))
        expect((await refresh(service.url, token)).status).toBe(401);
      expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [phone.user.id])).toEqual([]);
    }
  });
});

type Phone = Awaited<ReturnType<typeof mobile>>;
const isWaiting = async () =>
  (
    await service.query(`SELECT 1 FROM pg_locks WHERE NOT granted AND database = (
     SELECT oid FROM pg_database WHERE datname = current_database())`)
  ).length > 0 ||
  (
    await service.query(
      `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    )
  ).length > 0;

describe('with Redis', () => {
  it('that is down, no instance accepts a token of a deleted user, and the answer says that it is unconfirmed', async () => {
    const redis = await startRedis();
    const instances = await twoInstances({ REDIS_URL: redis.url });
    const phone = await warmPhone(instances);
    await redis.kill();
    const answer = await leave(phone, instances[0]);
    expect(answer.json).toMatchObject({ code: 'revocation_unconfirmed', session: 'ended' });
    await expectDead(instances, phone);
    expect(
      await instances[0].query('SELECT 1 FROM revocation_outbox WHERE user_id = $1', [phone.user.id]),
    ).toHaveLength(1);
    await redis.start();
    await until(
      'the row is worked off',
      async () => (await instances[0].query('SELECT 1 FROM revocation_outbox')).length === 0,
    );
    await expectDead(instances, phone);
  });

  it('that restarts from a dump of before, no instance accepts one either (V3)', async () => {
    const redis = await startRedis();
    const instances = await twoInstances({ REDIS_URL: redis.url });
    const phone = await warmPhone(instances);
    await redis.cli('SAVE');
    expect((await leave(phone, instances[1])).status).toBe(204);
    await redis.restart();
    for (let check = 0; check < 5; check++) await expectDead(instances, phone);
  });
});
