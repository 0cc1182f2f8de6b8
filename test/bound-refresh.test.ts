// What a copied refresh token of a bound session is worth without its key, and what its owner notices of it
// (docs/protocols/bound-refresh.md).
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { call, decode, me, mobile, refresh } from './support/client.js';
import { boundMobile, boundRefresh, ClientKey } from './support/key-proofs.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const PATH = '/auth/refresh';
const seconds = () => Math.floor(Date.now() / 1_000);

let service: Service;
let other: Service;
let key: ClientKey;
beforeAll(async () => {
  service = await startService();
  other = await startService({}, { databaseUrl: service.databaseUrl });
  key = await ClientKey.make();
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

const rowOf = async (sessionId: string) =>
  (await service.query<Record<string, any>>('SELECT * FROM refresh_tokens WHERE id = $1', [sessionId]))[0];
const later = (sessionId: string, by: number) =>
  service.query('UPDATE refresh_tokens SET rotated_at = rotated_at - make_interval(secs => $2) WHERE id = $1', [
    sessionId,
    by,
  ]);
const linesOf = (sessionId: string, event: string) =>
  [...service.log, ...other.log].filter((line) => line['sessionId'] === sessionId && line['event'] === event);

describe('a copy of a token without the key', () => {
  it.each([0, 30, 61, 250, 299, 301, 3_600])(
    'opens nothing %i seconds after its owner used it, from any instance, and its owner goes on',
    async (age) => {
      const thief = await ClientKey.make();
      const phone = await boundMobile(service.url, key);
      const next = await boundRefresh(service.url, key, phone.refreshToken);
      await later(phone.session.id, age);
      const before = await rowOf(phone.session.id);
      for (const copy of [phone.refreshToken, next.json['refreshToken'] as string])
        for (const { url } of [service, other])
          for (const headers of [{}, await thief.headers(PATH), { 'user-agent': 'another machine' }]) {
            const answer = await refresh(url, copy, headers);
            expect(answer.json).toMatchObject({ code: 'dpop_proof_invalid', session: 'keep' });
          }
      expect(await rowOf(phone.session.id)).toEqual(before);
      expect(linesOf(phone.session.id, 'refresh.unproven').map((line) => line['generationsBehind'])).toEqual(
        expect.arrayContaining([0, 1]),
      );
      expect(
        [...service.log, ...other.log].filter((line) => line['sessionId'] === phone.session.id && line['alert']),
      ).toEqual([]);
      expect((await boundRefresh(other.url, key, next.json['refreshToken'])).status).toBe(200);
    },
  );

  it('two generations old ends nothing and alerts nobody', async () => {
    const phone = await boundMobile(service.url, key);
    const first = await boundRefresh(service.url, key, phone.refreshToken);
    const second = await boundRefresh(service.url, key, first.json['refreshToken']);
    expect((await refresh(service.url, phone.refreshToken)).json['code']).toBe('dpop_proof_invalid');
    expect(linesOf(phone.session.id, 'refresh.unproven')).toMatchObject([{ generationsBehind: 2 }]);
    expect(linesOf(phone.session.id, 'refresh.reused')).toEqual([]);
    expect((await boundRefresh(service.url, key, second.json['refreshToken'])).status).toBe(200);
  });

  it('uses up nothing of what its owner may ask for', async () => {
    const own = await startServiceForTest();
    const phone = await boundMobile(own.url, key);
    for (let tries = 0; tries < 70; tries++) await refresh(own.url, phone.refreshToken);
    expect((await boundRefresh(own.url, key, phone.refreshToken)).status).toBe(200);
  });

  it('counts for the network that it comes from', async () => {
    const own = await startServiceForTest({ UNKNOWN_REFRESHES_PER_ADDRESS: '10' });
    const phone = await boundMobile(own.url, key);
    const codes = [];
    for (let tries = 0; tries < 12; tries++) codes.push((await refresh(own.url, phone.refreshToken)).json['code']);
    expect(codes.at(-1)).toBe('too_many_attempts');
    expect((await boundRefresh(own.url, key, phone.refreshToken)).status).toBe(200);
  });
});

describe('the logout by a refresh token', () => {
  const logout = (refreshToken: string, headers = {}) =>
    call(service.url, 'POST', '/auth/logout', { body: { refreshToken }, headers });
  const proven = (claims = {}) => key.headers('/auth/logout', { claims });

  it('of a copy without the key ends nothing, and is an event; its owner is not signed out', async () => {
    const thief = await ClientKey.make();
    const phone = await boundMobile(service.url, key);
    const next = await boundRefresh(service.url, key, phone.refreshToken);
    const before = await rowOf(phone.session.id);
    for (const copy of [phone.refreshToken, next.json['refreshToken'] as string])
      for (const headers of [{}, await thief.headers('/auth/logout'), await key.headers(PATH), { dpop: 'none' }]) {
        const answer = await logout(copy, headers);
        expect([answer.status, answer.json]).toMatchObject([400, { code: 'dpop_proof_invalid', session: 'keep' }]);
      }
    expect(await rowOf(phone.session.id)).toEqual(before);
    expect(linesOf(phone.session.id, 'refresh.unproven')).toMatchObject([
      { reason: 'no_proof', generationsBehind: 1 },
      { reason: 'another_key', generationsBehind: 1 },
      { reason: 'no_proof', generationsBehind: 0 },
      { reason: 'another_key', generationsBehind: 0 },
    ]);
    expect((await me(service.url, next.json['accessToken'])).status).toBe(200);
    expect((await boundRefresh(service.url, key, next.json['refreshToken'])).status).toBe(200);
  });

  it('of its owner ends it, by any token of the session and by any clock', async () => {
    const phone = await boundMobile(service.url, key);
    await boundRefresh(service.url, key, phone.refreshToken);
    const late = await logout(phone.refreshToken, await proven({ iat: 1 }));
    expect([late.status, late.json]).toMatchObject([401, { code: 'dpop_nonce_required', session: 'keep' }]);
    const nonce = late.headers['dpop-nonce'];
    expect((await logout(phone.refreshToken, await proven({ iat: 1, nonce }))).status).toBe(204);
    expect((await me(service.url, phone.accessToken)).json['code']).toBe('token_revoked');
    expect((await logout(phone.refreshToken, await proven())).status).toBe(204); // a lost answer
  });

  it('asks for nothing where the session has no key, whatever header comes with it', async () => {
    const { refreshToken, accessToken } = await mobile(service.url);
    expect((await logout(refreshToken, { dpop: 'none' })).status).toBe(204);
    expect((await me(service.url, accessToken)).json['code']).toBe('token_revoked');
  });
});

describe('a whole request that was copied, proof and all,', () => {
  it('is answered once: at the refresh, within the grace and after it', async () => {
    const phone = await boundMobile(service.url, key);
    const headers = await key.headers(PATH);
    const next = await refresh(service.url, phone.refreshToken, headers);
    expect(next.status).toBe(200);
    const before = await rowOf(phone.session.id);
    for (const age of [0, 200, 200]) {
      await later(phone.session.id, age);
      for (const { url } of [service, other]) {
        const answer = await refresh(url, phone.refreshToken, headers);
        expect([answer.status, answer.json]).toMatchObject([401, { code: 'dpop_nonce_required', session: 'keep' }]);
      }
    }
    expect(await rowOf(phone.session.id)).toEqual({ ...before, rotated_at: expect.any(Date) });
    expect(linesOf(phone.session.id, 'refresh.reused')).toEqual([]);
    expect((await boundRefresh(service.url, key, next.json['refreshToken'])).status).toBe(200);
  });

  it('is not answered either after a later proof of the same second', async () => {
    const phone = await boundMobile(service.url, key);
    const iat = seconds();
    const proofs = await Promise.all(Array.from({ length: 3 }, () => key.headers(PATH, { claims: { iat } })));
    for (const headers of proofs) expect((await refresh(service.url, phone.refreshToken, headers)).status).toBe(200);
    for (const headers of proofs)
      expect((await refresh(service.url, phone.refreshToken, headers)).json['code']).toBe('dpop_nonce_required');
  });

  it('nor when it is older than the last proof', async () => {
    const phone = await boundMobile(service.url, key);
    const old = await key.headers(PATH, { claims: { iat: seconds() - 10 } });
    expect((await refresh(service.url, phone.refreshToken, old)).status).toBe(200);
    expect((await refresh(service.url, phone.refreshToken, await key.headers(PATH))).status).toBe(200);
    expect((await refresh(service.url, phone.refreshToken, old)).json['code']).toBe('dpop_nonce_required');
  });

  it('nor one with a nonce, though many may have the same', async () => {
    const phone = await boundMobile(service.url, key);
    const asked = await refresh(service.url, phone.refreshToken, await key.headers(PATH, { claims: { iat: 1 } }));
    const claims = { iat: 1, nonce: asked.headers['dpop-nonce'] };
    const [first, second] = [await key.headers(PATH, { claims }), await key.headers(PATH, { claims })];
    for (const headers of [first, second])
      expect((await refresh(service.url, phone.refreshToken, headers)).status).toBe(200);
    for (const headers of [first, second])
      expect((await refresh(service.url, phone.refreshToken, headers)).json['code']).toBe('dpop_nonce_required');
  });
});

describe('the owner', () => {
  it('may refresh in parallel, with proofs of one second or of several, in any order', async () => {
    const phone = await boundMobile(service.url, key);
    const now = seconds();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, each) =>
        boundRefresh([service.url, other.url][each % 2] ?? '', key, phone.refreshToken, {
          claims: { iat: now - (each % 4) },
        }),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.json['refreshToken'])).size).toBe(1);
    expect(new Set(answers.map((answer) => decode(answer.json['accessToken'])['jti'])).size).toBe(16);
    expect(await rowOf(phone.session.id)).toMatchObject({ generation: 1, replays: 15 });
  });

  it('goes on after their clock was ahead and was set right', async () => {
    const phone = await boundMobile(service.url, key);
    const ahead = await refresh(
      service.url,
      phone.refreshToken,
      await key.headers(PATH, { claims: { iat: seconds() + 55 } }),
    );
    expect(ahead.status).toBe(200);
    expect((await boundRefresh(service.url, key, ahead.json['refreshToken'])).status).toBe(200);
  });

  it('may retry a lost answer for five minutes by default, and as long as the setting says', async () => {
    const phone = await boundMobile(service.url, key);
    const next = await boundRefresh(service.url, key, phone.refreshToken);
    await later(phone.session.id, 290);
    const again = await boundRefresh(service.url, key, phone.refreshToken);
    expect(again.json['refreshToken']).toBe(next.json['refreshToken']);
    const strict = await startServiceForTest({ REFRESH_GRACE_BOUND_SECONDS: '0' });
    const tablet = await boundMobile(strict.url, key);
    await boundRefresh(strict.url, key, tablet.refreshToken);
    expect((await boundRefresh(strict.url, key, tablet.refreshToken)).json['code']).toBe('refresh_token_reused');
  });

  it('of an old token is a confused client: the session ends, and the evidence says that the key was there', async () => {
    const phone = await boundMobile(service.url, key);
    const first = await boundRefresh(service.url, key, phone.refreshToken);
    const second = await boundRefresh(service.url, key, first.json['refreshToken']);
    const iat = seconds() + 5;
    const headers = { 'user-agent': 'another machine', ...(await key.headers(PATH, { claims: { iat } })) };
    expect((await refresh(service.url, phone.refreshToken, headers)).json['code']).toBe('refresh_token_reused');
    expect(linesOf(phone.session.id, 'refresh.reused')).toMatchObject([
      { gravity: 'copied_client', proven: true, generationsBehind: 2, userAgentChanged: true, alert: true },
    ]);
    expect((await me(service.url, second.json['accessToken'])).json['code']).toBe('token_revoked');
  });
});

it('the row keeps the ids of one second only, 64 at most', async () => {
  const own = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phone = await boundMobile(own.url, key);
  const claims = { iat: seconds() };
  const statuses = [];
  for (let tries = 0; tries < 65; tries++)
    statuses.push((await refresh(own.url, phone.refreshToken, await key.headers(PATH, { claims }))).status);
  expect(statuses).toEqual([...Array.from({ length: 64 }, () => 200), 401]);
  const lengthOf = async () =>
    (await own.query<{ n: number }>('SELECT octet_length(proof_jti) AS n FROM refresh_tokens'))[0]?.n;
  expect(await lengthOf()).toBe(512);
  expect((await boundRefresh(own.url, key, phone.refreshToken, { claims })).status).toBe(200);
  expect(await lengthOf()).toBe(8);
});

it('a refresh changes its row once, by a HOT update, and adds none', async () => {
  const own = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phone = await boundMobile(own.url, key);
  let token = phone.refreshToken;
  for (let spent = 0; spent < 50; spent++) token = (await boundRefresh(own.url, key, token)).json['refreshToken'];
  const figures = async () => {
    await own.query('SELECT pg_stat_force_next_flush()');
    const [row] = await own.query<{ updates: number; hot: number; rows: number }>(
      `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot, (SELECT count(*)::int FROM refresh_tokens) AS rows
         FROM pg_stat_user_tables WHERE relname = 'refresh_tokens'`,
    );
    return row;
  };
  await until('the database has counted', async () => (await figures())?.updates === 50);
  const after = await figures();
  expect(after).toMatchObject({ updates: 50, rows: 1 });
  // Somebody's snapshot may keep old versions for a moment, until the page is full.
  expect(after?.hot).toBeGreaterThanOrEqual(47);
});

it('a refresh and a retry of it are as many statements as without a key', async () => {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  onTestFinished(() => proxy.close());
  const own = await startServiceForTest({}, { databaseUrl: proxy.url });
  const counted = async (spend: () => Promise<{ status: number }>) => {
    const before = proxy.count(/refresh_tokens/);
    expect((await spend()).status).toBe(200);
    return proxy.count(/refresh_tokens/) - before;
  };
  const plain = await mobile(own.url);
  const phone = await boundMobile(own.url, key);
  const [plainly, bound] = [
    () => refresh(own.url, plain.refreshToken),
    () => boundRefresh(own.url, key, phone.refreshToken),
  ];
  expect([await counted(plainly), await counted(plainly)]).toEqual([1, 3]);
  expect([await counted(bound), await counted(bound)]).toEqual([1, 3]);
});
