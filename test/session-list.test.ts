// A user's own sessions: the list, ending them, their maximum number, and the purge of dead ones.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Purge } from '../src/sessions/purge.js';
import { bearer, Browser, call, me, mobile, refresh } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const list = async (token: string, target = service) =>
  (await call(target.url, 'GET', '/auth/sessions', { headers: bearer(token) })).json['sessions'] as Record<
    string,
    any
  >[];
const end = (token: string, path: string) =>
  call(service.url, 'DELETE', `/auth/sessions${path}`, { headers: bearer(token) });

describe('the list of sessions', () => {
  it('shows the kind, the place and the rounded last use of each session, and marks the current one', async () => {
    const phone = await mobile(service.url);
    const browser = await Browser.signedIn(service.url, phone.person, { remember: true });
    await refresh(service.url, phone.refreshToken, { 'user-agent': 'phone 2.0' });
    const sessions = await list(phone.accessToken);
    expect(sessions).toHaveLength(2);
    const mine = sessions.find((session) => session['current']);
    expect(mine).toEqual({
      id: phone.session.id,
      bound: false,
      current: true,
      createdAt: expect.any(String),
      lastSeenAt: expect.stringMatching(/:(00|15|30|45):00\.000Z$/),
      ip: '127.0.0.1',
      userAgent: 'phone 2.0',
      persistent: false,
      transport: 'bearer',
      expiresAt: expect.any(String),
    });
    expect(sessions.find((session) => !session['current'])).toMatchObject({ transport: 'cookie', persistent: true });
    expect((await browser.go('GET', '/auth/sessions')).json['sessions']).toHaveLength(2);
  });

  it('contains no ended, expired or foreign session', async () => {
    const own = await startServiceForTest();
    const old = await mobile(own.url);
    await mobile(own.url);
    await own.advance(31 * 86_400);
    const fresh = await mobile(own.url, old.person);
    expect((await list(fresh.accessToken, own)).map(({ id }) => id)).toEqual([fresh.session.id]);
  });

  it('is closed to callers without an access token', async () => {
    for (const method of ['GET', 'DELETE'])
      expect((await call(service.url, method, '/auth/sessions')).status).toBe(401);
  });
});

describe('ending sessions', () => {
  it('by id revokes its refresh token and its access token at once', async () => {
    const phone = await mobile(service.url);
    const tablet = await mobile(service.url, phone.person);
    expect((await end(phone.accessToken, `/${tablet.session.id}`)).status).toBe(204);
    expect((await me(service.url, tablet.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'ended' });
    expect((await refresh(service.url, tablet.refreshToken)).json['code']).toBe('refresh_token_invalid');
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
    expect((await end(phone.accessToken, `/${tablet.session.id}`)).status).toBe(404);
  });

  it('of another user, unknown or with a malformed id answers not found (ASVS 8.2.2)', async () => {
    const phone = await mobile(service.url);
    const stranger = await mobile(service.url);
    for (const id of [stranger.session.id, randomUUID(), 'x', '%27%3B--']) {
      expect([id, (await end(phone.accessToken, `/${id}`)).json['code']]).toEqual([id, 'not_found']);
    }
    expect((await refresh(service.url, stranger.refreshToken)).status).toBe(200);
  });

  it('all but the current one', async () => {
    const phone = await mobile(service.url);
    const others = [await mobile(service.url, phone.person), await mobile(service.url, phone.person)];
    expect((await end(phone.accessToken, '')).status).toBe(204);
    for (const other of others) expect((await me(service.url, other.accessToken)).status).toBe(401);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('the remembered ones only', async () => {
    const phone = await mobile(service.url);
    const remembered = await mobile(service.url, phone.person, { remember: true });
    const plain = await mobile(service.url, phone.person);
    expect((await end(phone.accessToken, '?persistent=true')).status).toBe(204);
    expect((await refresh(service.url, remembered.refreshToken)).status).toBe(401);
    expect((await refresh(service.url, plain.refreshToken)).status).toBe(200);
    for (const query of ['?persistent=false', '?persistent=true&persistent=true', '?all=1']) {
      expect([query, (await end(phone.accessToken, query)).json['code']]).toEqual([query, 'invalid_request']);
    }
  });
});

it('the hundred-and-first session ends the session that has been idle longest (ASVS 7.1.2)', async () => {
  const own = await startServiceForTest({ RATE_LIMITS: 'off' });
  const first = await mobile(own.url);
  const second = await mobile(own.url, first.person);
  await own.advance(1);
  const used = await refresh(own.url, first.refreshToken);
  await Promise.all(Array.from({ length: 99 }, () => mobile(own.url, first.person)));
  const [alive] = await own.query<{ n: number }>('SELECT count(*)::int AS n FROM refresh_tokens WHERE NOT revoked');
  expect(alive?.n).toBe(100);
  expect((await me(own.url, second.accessToken)).json['code']).toBe('token_revoked');
  expect((await refresh(own.url, used.json['refreshToken'])).status).toBe(200);
});

it('the purge deletes long-ended sessions, and no live or recently ended one', async () => {
  const own = await startServiceForTest();
  const purge = own.app.get(Purge);
  const ended = await mobile(own.url);
  await call(own.url, 'POST', '/auth/logout', { headers: bearer(ended.accessToken) });
  const alive = await mobile(own.url);
  expect(await purge.run()).toEqual({ sessions: 0, revocations: 0 });

  await own.advance(1_100);
  expect(await purge.run()).toEqual({ sessions: 0, revocations: 1 });
  await own.advance(7 * 86_400);
  expect(await purge.run()).toEqual({ sessions: 1, revocations: 0 });
  expect((await refresh(own.url, alive.refreshToken)).status).toBe(200);

  await own.query(`INSERT INTO refresh_tokens SELECT user_id, md5(g::text) || md5(g::text), gen_random_uuid(), token, null, null, 0,
    session_epoch, rotated_at, 0, null, null, false, 'bearer', authenticated_at, methods, protocol_now() - interval '1 day',
    protocol_now() - interval '1 day' FROM refresh_tokens, generate_series(1, 2500) g`);
  expect(await purge.run()).toEqual({ sessions: 2500, revocations: 0 });
});

it('the purge reads the rows that go and not the whole table', async () => {
  const own = await startServiceForTest();
  const { user } = await mobile(own.url);
  await own.query(
    `INSERT INTO refresh_tokens (user_id, family, id, token, session_epoch, persistent, transport, methods,
            authenticated_at, expires_at, absolute_expires_at, revoked, revoked_at)
     SELECT $1, n, gen_random_uuid(), n, 1, false, 'bearer', '{pwd}', now(), now(), now() + interval '1 day' * (n - 10),
            n > 19990, CASE WHEN n > 19990 THEN now() - interval '8 days' END
       FROM generate_series(1, 20000) n`,
    [user.id],
  );
  await own.query('ANALYZE refresh_tokens');
  const reads = async () => {
    const [row] = await own.query<{ rows: number; scans: number }>(
      `SELECT (seq_tup_read + idx_tup_fetch)::int AS rows, (seq_scan + idx_scan)::int AS scans
         FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'`,
    );
    return row ?? { rows: 0, scans: 0 };
  };
  const before = await reads();
  expect(await own.app.get(Purge).run()).toEqual({ sessions: 20, revocations: 0 });
  await until('the connection has reported', async () => (await reads()).scans > before.scans);
  expect((await reads()).rows - before.rows).toBeLessThan(200);
});
