// Rotation, replay and reuse of refresh tokens, through HTTP (docs/protocols/refresh.md).
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionEnd } from '../src/sessions/session-end.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { firstRefreshToken, formatRefreshToken, parseRefreshToken } from '../src/tokens/refresh-token.js';
import { bearer, call, decode, me, mobile, refresh } from './support/client.js';
import { OF_AN_ACT, quieten } from './support/interleavings.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const operator = { ip: null, userAgent: 'cli ops@console', requestId: '01900000-0000-7000-8000-000000000000' };
const alertsFor = (sessionId: string) =>
  service.log.filter((line) => line['alert'] === true && line['sessionId'] === sessionId);
const rowOf = async (sessionId: string) =>
  (await service.query<Record<string, any>>('SELECT * FROM refresh_tokens WHERE id = $1', [sessionId]))[0];

describe('a refresh token that is spent', () => {
  it('R1: 32 parallel refreshes of one token make one rotation and one successor, and everyone is answered', async () => {
    const phone = await mobile(service.url);
    const answers = await Promise.all(Array.from({ length: 32 }, () => refresh(service.url, phone.refreshToken)));
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.json['refreshToken'])).size).toBe(1);
    expect(new Set(answers.map((answer) => decode(answer.json['accessToken'])['jti'])).size).toBe(32);
    expect(await rowOf(phone.session.id)).toMatchObject({ generation: 1, replays: 31, revoked: false });
  });

  it('R3: a replay within the grace gets a byte-identical successor, and neither window nor expiry moves', async () => {
    const phone = await mobile(service.url);
    const first = await refresh(service.url, phone.refreshToken);
    const before = await rowOf(phone.session.id);
    const again = await refresh(service.url, phone.refreshToken);
    const after = await rowOf(phone.session.id);
    expect(again.json['refreshToken']).toBe(first.json['refreshToken']);
    const [a, b] = [decode(first.json['accessToken']), decode(again.json['accessToken'])];
    expect(b['sid']).toBe(a['sid']);
    expect(b['jti']).not.toBe(a['jti']);
    expect(b['auth_time']).toBe(a['auth_time']);
    expect([after?.['rotated_at'], after?.['expires_at']]).toEqual([before?.['rotated_at'], before?.['expires_at']]);
    expect(await refresh(service.url, again.json['refreshToken'])).toMatchObject({ status: 200 });
  });

  it('R2: a token two generations old ends its family, raises one alert, and touches nothing else', async () => {
    const phone = await mobile(service.url);
    const tablet = await mobile(service.url, phone.person);
    const first = await refresh(service.url, phone.refreshToken);
    const second = await refresh(service.url, first.json['refreshToken']);
    const thefts = await Promise.all(Array.from({ length: 8 }, () => refresh(service.url, phone.refreshToken)));
    expect(thefts.every((answer) => answer.status === 401 && answer.json['session'] === 'ended')).toBe(true);
    expect(thefts.filter((answer) => answer.json['code'] === 'refresh_token_reused')).toHaveLength(1);
    expect(alertsFor(phone.session.id)).toMatchObject([
      { event: 'refresh.reused', generationsBehind: 2, gravity: 'copied_client' },
    ]);
    expect((await refresh(service.url, second.json['refreshToken'])).json['code']).toBe('refresh_token_invalid');
    expect((await me(service.url, second.json['accessToken'])).json).toMatchObject({
      code: 'token_revoked',
      session: 'ended',
    });
    expect((await me(service.url, tablet.accessToken)).status).toBe(200);
    expect((await refresh(service.url, tablet.refreshToken)).status).toBe(200);
  });

  it('a reuse from another user agent is reported as a likely theft, a late retry as a lost response', async () => {
    const stolen = await mobile(service.url);
    const next = await refresh(service.url, stolen.refreshToken);
    await refresh(service.url, next.json['refreshToken']);
    await refresh(service.url, stolen.refreshToken, { 'user-agent': 'another machine' });
    expect(alertsFor(stolen.session.id)).toMatchObject([{ gravity: 'likely_theft', userAgentChanged: true }]);

    const late = await mobile(service.url);
    await refresh(service.url, late.refreshToken);
    await service.query(`UPDATE refresh_tokens SET rotated_at = rotated_at - interval '61 seconds' WHERE id = $1`, [
      late.session.id,
    ]);
    expect((await refresh(service.url, late.refreshToken)).json['code']).toBe('refresh_token_reused');
    expect(alertsFor(late.session.id)).toMatchObject([{ gravity: 'lost_response', generationsBehind: 1 }]);
  });

  it('a lost answer can be retried for most of a minute with the default settings', async () => {
    const phone = await mobile(service.url);
    const next = await refresh(service.url, phone.refreshToken);
    await service.query(`UPDATE refresh_tokens SET rotated_at = rotated_at - interval '50 seconds' WHERE id = $1`, [
      phone.session.id,
    ]);
    const retried = await refresh(service.url, phone.refreshToken);
    expect([retried.status, retried.json['refreshToken']]).toEqual([200, next.json['refreshToken']]);
  });

  it('R4: with a grace of 0 the previous token is always a reuse', async () => {
    const strict = await startServiceForTest({ REFRESH_GRACE_SECONDS: '0' });
    const phone = await mobile(strict.url);
    await refresh(strict.url, phone.refreshToken);
    expect((await refresh(strict.url, phone.refreshToken)).json['code']).toBe('refresh_token_reused');
  });

  it.each<[string, (phone: Awaited<ReturnType<typeof mobile>>) => Promise<unknown>]>([
    [
      'a logout of all devices',
      (phone) => call(service.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) }),
    ],
    [
      'being locked out and let in again',
      async ({ user }) => {
        const standing = service.app.get(AccountStatus);
        await standing.disable(user.id, { by: 'operator', caller: operator });
        await standing.enable(user.id, { by: 'operator', caller: operator });
      },
    ],
    ['an end by the operator', ({ user }) => service.app.get(SessionEnd).allOf(user.id, 'operator', operator)],
    [
      'a change of the password',
      ({ user }) =>
        service.query(
          `UPDATE users SET password_hash = 'x', token_version = token_version + 1, session_epoch = session_epoch + 1 WHERE id = $1`,
          [user.id],
        ),
    ],
  ])('R5: the grace does not cross %s', async (_, act) => {
    const phone = await mobile(service.url);
    const next = await refresh(service.url, phone.refreshToken);
    await act(phone);
    for (const token of [phone.refreshToken, next.json['refreshToken']]) {
      const answer = await refresh(service.url, token);
      expect(answer.json).toMatchObject({ status: 401, code: 'refresh_token_invalid', session: 'ended' });
    }
    expect(alertsFor(phone.session.id)).toEqual([]);
  });

  it('a wrong secret with a correct selector is a reuse: only a holder knows the selector', async () => {
    const phone = await mobile(service.url);
    const bytes = Buffer.from(phone.refreshToken.slice(4), 'base64url');
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const { crc32 } = await import('node:zlib');
    bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), 68);
    expect((await refresh(service.url, `wrt_${bytes.toString('base64url')}`)).json['code']).toBe(
      'refresh_token_reused',
    );
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(401);
  });

  it('R6: a generation ahead of the row means the state was lost: no revocation, no alert', async () => {
    const phone = await mobile(service.url);
    const backup = await rowOf(phone.session.id);
    const next = await refresh(service.url, phone.refreshToken);
    await service.query('UPDATE refresh_tokens SET token = $2, previous_token = NULL, generation = 0 WHERE id = $1', [
      phone.session.id,
      backup?.['token'],
    ]);
    const answer = await refresh(service.url, next.json['refreshToken']);
    expect(answer.json).toMatchObject({ status: 401, code: 'session_state_lost', session: 'ended' });
    expect(alertsFor(phone.session.id)).toEqual([]);
    expect(await rowOf(phone.session.id)).toMatchObject({ revoked: false });
  });

  it('R12: a malformed, non-canonical or mistyped token is refused like an unknown one', async () => {
    const phone = await mobile(service.url);
    const token = phone.refreshToken;
    const unknown = await refresh(service.url, (await otherFamily(phone.user.id)) ?? '');
    for (const text of [
      '',
      'x',
      token.slice(0, -1),
      `${token}=`,
      token.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')),
      token.toUpperCase(),
    ]) {
      const answer = await refresh(service.url, text);
      expect({ ...answer.json, requestId: '' }).toEqual({ ...unknown.json, requestId: '' });
    }
    expect((await call(service.url, 'POST', '/auth/refresh')).json['code']).toBe('refresh_token_invalid');
    expect((await refresh(service.url, token)).status).toBe(200);
  });

  it('R12: a text that is no token causes no query', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    await quieten(own);
    const phone = await mobile(own.url);
    const before = proxy.count(OF_AN_ACT);
    // Anyone can forge a token; these generations, or their successors, exceed the column.
    const beyond = [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1].map((generation) =>
      formatRefreshToken({ ...firstRefreshToken(randomUUID()), generation }),
    );
    for (const text of [
      ...beyond,
      '',
      'x',
      `wrt_${'A'.repeat(96)}`,
      phone.refreshToken.replace(/.$/, '.'),
      `${phone.refreshToken}=`,
    ]) {
      expect((await refresh(own.url, text)).status).toBe(401);
    }
    expect(proxy.count(OF_AN_ACT)).toBe(before);
    expect((await refresh(own.url, phone.refreshToken)).status).toBe(200);
    expect(proxy.count(OF_AN_ACT)).toBe(before + 1);
    await own.stop();
    proxy.close();
  });

  it('R14: while no key can sign, a refresh gets 503 and spends no token, however long it lasts', async () => {
    const own = await startServiceForTest({ REFRESH_GRACE_SECONDS: '0' });
    own.app.get(KeyWatch).onApplicationShutdown(); // it would make a key that signs
    const phone = await mobile(own.url);
    const keys = await own.query('SELECT kid, activate_at FROM signing_keys WHERE activate_at IS NOT NULL');
    await own.query("UPDATE signing_keys SET activate_at = '9999-01-01Z' WHERE activate_at IS NOT NULL");
    await own.app.get(KeyRing).reload();
    for (let attempt = 0; attempt < 2; attempt++)
      expect((await refresh(own.url, phone.refreshToken)).json).toMatchObject({ code: 'unavailable', session: 'keep' });
    for (const { kid, activate_at } of keys)
      await own.query('UPDATE signing_keys SET activate_at = $2 WHERE kid = $1', [kid, activate_at]);
    await own.app.get(KeyRing).reload();
    expect((await refresh(own.url, phone.refreshToken)).status).toBe(200);
  });

  it('R14: a client that waited too long for the keys gets 503, and its token is not spent when they arrive', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    own.app.get(KeyWatch).onApplicationShutdown();
    const phone = await mobile(own.url);
    own.clock.shiftSeconds += 61;
    const held = proxy.pauseBefore(/key_ring_version.*signing_keys/s);
    const answer = refresh(own.url, phone.refreshToken);
    expect(await held.arrivesDuring(answer)).toBe(true);
    await sleep(2_300); // the ring waits for 2 s, by a timer of this same process
    held.release();
    expect((await answer).json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    await own.app.get(KeyRing).reload(); // in turn: the keys have been read before this ends
    expect(await own.query('SELECT generation FROM refresh_tokens')).toEqual([{ generation: 0 }]);
    await own.stop();
    proxy.close();
  });

  it('R14: a spent token is answered even if the chosen key was removed after the rotation', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    own.app.get(KeyWatch).onApplicationShutdown();
    const phone = await mobile(own.url);
    const held = proxy.pauseBefore(/set previous_token = s.token/);
    const answer = refresh(own.url, phone.refreshToken);
    expect(await held.arrivesDuring(answer)).toBe(true);
    await own.query("UPDATE signing_keys SET activate_at = '9999-01-01Z' WHERE activate_at IS NOT NULL");
    await own.app.get(KeyRing).reload();
    held.release();
    expect((await answer).status).toBe(200);
    await own.stop();
    proxy.close();
  });

  it('R14: a refresh does not revoke the access token that it replaces', async () => {
    const phone = await mobile(service.url);
    await refresh(service.url, phone.refreshToken);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });

  it('a family that does not exist leaves no counter behind: anyone can invent one', async () => {
    const unknown = formatRefreshToken(firstRefreshToken(randomUUID()));
    for (let attempt = 0; attempt < 70; attempt++)
      expect((await refresh(service.url, unknown)).json['code']).toBe('refresh_token_invalid');
  });

  it("a token with another user's id does not reset the counter of its family", async () => {
    const { refreshToken } = await mobile(service.url);
    const token = parseRefreshToken(refreshToken);
    if (!token) throw new Error('no token');
    await Promise.all(Array.from({ length: 64 }, () => refresh(service.url, refreshToken)));
    const foreign = formatRefreshToken({ ...token, userId: randomUUID() });
    expect((await refresh(service.url, foreign)).json['code']).toBe('refresh_token_invalid');
    expect((await refresh(service.url, refreshToken)).status).toBe(429);
  });

  it('a family that refreshes beyond its burst of 64 gets 429, keeps its session, and may refresh later', async () => {
    const phone = await mobile(service.url);
    const answers = await Promise.all(Array.from({ length: 70 }, () => refresh(service.url, phone.refreshToken)));
    const limited = answers.filter((answer) => answer.status === 429);
    expect(limited).toHaveLength(6);
    expect(limited[0]?.json).toMatchObject({ code: 'too_many_attempts', session: 'keep' });
    expect(Number(limited[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await rowOf(phone.session.id)).toMatchObject({ revoked: false, generation: 1 });
  });
});

describe('the life of a session', () => {
  it('R11: slides with each refresh, but never past its absolute end, and no access token outlives it', async () => {
    const own = await startServiceForTest({
      REFRESH_IDLE_DAYS: '2',
      REFRESH_REMEMBER_DAYS: '2',
      REFRESH_ABSOLUTE_DAYS: '3',
    });
    const phone = await mobile(own.url);
    await own.advance(86_400 * 1.5);
    const second = await refresh(own.url, phone.refreshToken);
    expect(second.status).toBe(200);
    await own.advance(86_400 * 1.5 - 100);
    const third = await refresh(own.url, second.json['refreshToken']);
    const claims = decode(third.json['accessToken']);
    expect(claims['exp'] - claims['iat']).toBeLessThanOrEqual(100);
    await own.advance(101);
    expect((await refresh(own.url, third.json['refreshToken'])).json['code']).toBe('refresh_token_invalid');
  });

  it('ends when it is idle for longer than its limit; remember-me lives longer', async () => {
    const own = await startServiceForTest();
    const plain = await mobile(own.url);
    const remembered = await mobile(own.url, plain.person, { remember: true });
    await own.advance(86_400 * 31);
    expect((await refresh(own.url, plain.refreshToken)).json).toMatchObject({
      code: 'refresh_token_invalid',
      session: 'ended',
    });
    const answer = await refresh(own.url, remembered.refreshToken);
    expect(answer.json['session']).toMatchObject({ persistent: true });
    expect(decode(answer.json['accessToken'])['auth_time']).toBe(decode(remembered.accessToken)['auth_time']);
  });

  it('a disabled user cannot refresh, and a role change reaches the next access token', async () => {
    const phone = await mobile(service.url);
    await service.query(`UPDATE users SET role = 'admin', token_version = token_version + 1 WHERE id = $1`, [
      phone.user.id,
    ]);
    expect((await me(service.url, phone.accessToken)).json).toMatchObject({ code: 'token_stale', session: 'keep' });
    const answer = await refresh(service.url, phone.refreshToken);
    expect(decode(answer.json['accessToken'])).toMatchObject({ role: 'admin', tokenVersion: 2 });
    await service.query('UPDATE users SET disabled_at = now() WHERE id = $1', [phone.user.id]);
    expect((await refresh(service.url, answer.json['refreshToken'])).json['code']).toBe('refresh_token_invalid');
  });
});

async function otherFamily(userId: string): Promise<string> {
  const { firstRefreshToken, formatRefreshToken } = await import('../src/tokens/refresh-token.js');
  return formatRefreshToken(firstRefreshToken(userId));
}
