// Redis may cache verdicts, and no cached verdict outlives a revocation (docs/protocols/revocation.md).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Metrics } from '../src/telemetry/metrics.js';
import { PasswordChange } from '../src/credentials/password/password-change.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import { type AccessClaims, claimsOf } from '../src/tokens/access-token.js';
import { begun } from './support/arrivals.js';
import { bearer, call, decode, me, mobile, principalOf, refresh } from './support/client.js';
import { keyOf, type Phone, sureOfRedis } from './support/instances.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { acceptWrites, refuseWrites } from './support/redis-faults.js';
import { type RedisServer, startRedis } from './support/redis.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { until } from './support/until.js';

let redis: RedisServer;
let proxy: PostgresProxy;
/** Two instances on one database and one Redis; the first one's statements can be held. */
let one: Service;
let two: Service;
beforeAll(async () => {
  redis = await startRedis({ isKept: true });
  const databaseUrl = await cloneDatabase();
  proxy = await PostgresProxy.before(databaseUrl);
  one = await startService(
    { ...sureOfRedis, MFA_REQUIRED_ROLES: 'none', REDIS_URL: redis.url },
    { databaseUrl: proxy.url },
  );
  two = await startService({ ...sureOfRedis, MFA_REQUIRED_ROLES: 'none', REDIS_URL: redis.url }, { databaseUrl });
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  proxy.close();
  await redis.remove();
});

const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };
const claims = ({ accessToken }: Phone) => claimsOf(decode(accessToken)) as AccessClaims;
const entryOf = (phone: Phone) => redis.cli('HGETALL', keyOf(phone)).then(toObject);
const READ_ALL = /array\(select kind/;

/** The client returns HGETALL as pairs or as an object. */
function toObject(answer: unknown): Record<string, string> {
  if (!Array.isArray(answer)) return answer as Record<string, string>;
  return Object.fromEntries(answer.flatMap((value, at) => (at % 2 === 0 ? [[value, answer[at + 1]]] : [])));
}

const acts: [string, (phone: Phone) => Promise<unknown>, string][] = [
  [
    'a logout',
    (phone) => call(one.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) }),
    'token_revoked',
  ],
  [
    'the end of the session from the list',
    (phone) => call(one.url, 'DELETE', `/auth/sessions/${phone.session.id}`, { headers: bearer(phone.accessToken) }),
    'token_revoked',
  ],
  [
    'the revocation of the one token',
    (phone) => one.app.get(SessionEnd).token(claims(phone), operator),
    'token_revoked',
  ],
  [
    'a logout of all devices',
    (phone) => call(one.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) }),
    'token_revoked',
  ],
  [
    'being disabled',
    ({ user }) => one.app.get(AccountStatus).disable(user.id, { by: 'operator', caller: operator }),
    'token_revoked',
  ],
  [
    'a new role',
    ({ user }) => one.app.get(AccountStatus).changeRole(user.id, 'admin', { by: 'operator', caller: operator }),
    'token_stale',
  ],
  [
    'a change of the password',
    ({ accessToken, person }) =>
      one.app.get(PasswordChange).change(principalOf(accessToken), person.password, 'quite another passphrase', {
        caller: operator,
        request: { headers: {} },
      }),
    'token_revoked',
  ],
  [
    'the deletion of the account',
    (phone) => call(one.url, 'DELETE', '/auth/me', { headers: bearer(phone.accessToken) }),
    'token_revoked',
  ],
  [
    'a reuse of an old refresh token',
    async (phone) => {
      const second = (await refresh(one.url, phone.refreshToken)).json['refreshToken'];
      await refresh(one.url, second);
      expect((await refresh(one.url, phone.refreshToken)).json['code']).toBe('refresh_token_reused');
    },
    'token_revoked',
  ],
  ['the end of everybody', () => one.app.get(SessionEnd).allOfEverybody('operator', operator), 'token_stale'],
];

/** Both instances have the verdict in Redis before the act. A lease that was lost holds for three seconds. */
async function warm(phone: Phone): Promise<void> {
  await until('Redis has the verdict', async () => {
    for (const { url } of [one, two]) await me(url, phone.accessToken);
    return 'v' in (await entryOf(phone));
  });
  for (const { url } of [one, two]) expect((await me(url, phone.accessToken)).status).toBe(200);
  expect(await entryOf(phone)).toMatchObject({ v: '1', e: expect.stringContaining(await redis.runId()) });
}

describe('after the 2xx of', () => {
  it.each(acts)('%s no instance accepts the access token (V1)', async (_, act, code) => {
    const phone = await mobile(one.url);
    await warm(phone);
    await act(phone);
    for (const { url } of [two, one, two]) {
      expect((await me(url, phone.accessToken)).json).toMatchObject({ status: 401, code });
    }
  });

  it.each(acts)('%s no instance accepts the access token if Redis forgets at any point (V2)', async (_, act, code) => {
    for (const forget of [['FLUSHALL'], ['DEL', 'key'], ['PEXPIRE', 'key', '0']] as const) {
      for (const when of ['before', 'during', 'after'] as const) {
        const phone = await mobile(one.url);
        await warm(phone);
        const [command, ...words] = forget;
        const lose = () => redis.cli(command, ...words.map((word) => (word === 'key' ? keyOf(phone) : word)));
        if (when === 'before') await lose();
        await Promise.all([act(phone), when === 'during' ? lose() : undefined, me(two.url, phone.accessToken)]);
        if (when === 'after') await lose();
        for (const { url } of [two, one]) {
          expect([forget, when, (await me(url, phone.accessToken)).json]).toMatchObject([
            forget,
            when,
            { status: 401, code },
          ]);
        }
      }
    }
  });

  it.each(acts)(
    '%s neither, though a rebuild that read before it comes to write after it (V2)',
    async (_, act, code) => {
      const phone = await mobile(one.url);
      await warm(phone);
      await redis.cli('DEL', keyOf(phone));
      // The first instance has the lease and has sent its read, whose answer is outdated when it fills.
      const held = proxy.pauseAfter(READ_ALL);
      const check = me(one.url, phone.accessToken);
      expect(await held.arrivesDuring(check)).toBe(true);
      await actOn(two, act, phone);
      held.release();
      await check;
      expect(await entryOf(phone)).not.toHaveProperty('v', '1');
      for (const { url } of [one, two])
        expect((await me(url, phone.accessToken)).json).toMatchObject({ status: 401, code });
    },
  );
});

/** The same act by another instance. */
async function actOn(instance: Service, act: (phone: Phone) => Promise<unknown>, phone: Phone): Promise<void> {
  const before = one;
  one = instance;
  try {
    await act(phone);
  } finally {
    one = before;
  }
}

describe('the entry in Redis', () => {
  it('is made by FILL only: neither a check nor a revocation creates v (V6)', async () => {
    const phone = await mobile(one.url);
    await me(one.url, phone.accessToken);
    await call(one.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
    expect(await entryOf(phone)).toEqual({});
    // A lease alone is no verdict.
    const held = proxy.pauseBefore(READ_ALL);
    const check = me(one.url, phone.accessToken);
    expect(await held.arrivesDuring(check)).toBe(true);
    expect(Object.keys(await entryOf(phone)).toSorted()).toEqual(['l', 't']);
    held.release();
    expect((await check).status).toBe(401);
    expect(await entryOf(phone)).toMatchObject({ v: '2', [`s:${phone.session.id}`]: '1' });
  });

  it('of a cold user takes at most two reads of the database per instance for 300 checks at once (V7)', async () => {
    const phone = await mobile(one.url);
    await redis.cli('DEL', keyOf(phone));
    const before = proxy.count(READ_ALL);
    const answers = await Promise.all(Array.from({ length: 300 }, () => me(one.url, phone.accessToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(proxy.count(READ_ALL) - before).toBeLessThanOrEqual(2);
  });

  it('that is older than a token is replaced after one rebuild, and the token is accepted (V8)', async () => {
    const phone = await mobile(one.url);
    await warm(phone);
    // Written directly, as if an instance had filled the entry with a read from before the revocation.
    await one.query(`UPDATE users SET role = 'admin', token_version = 2 WHERE id = $1`, [phone.user.id]);
    const next = (await refresh(one.url, phone.refreshToken)).json['accessToken'] as string;
    const before = proxy.count(READ_ALL);
    expect((await me(one.url, next)).json).toMatchObject({ role: 'admin' });
    expect((await me(one.url, next)).status).toBe(200);
    expect(proxy.count(READ_ALL) - before).toBe(1);
    expect(await entryOf(phone)).toMatchObject({ v: '2' });
    expect((await me(two.url, phone.accessToken)).json['code']).toBe('token_stale');
  });

  it('lives for less than a minute, and no check makes that longer (V9)', async () => {
    const phone = await mobile(one.url);
    await me(one.url, phone.accessToken);
    const first = Number(await redis.cli('PTTL', keyOf(phone)));
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(55_000);
    const end = await redis.cli('PEXPIRETIME', keyOf(phone));
    for (let check = 0; check < 5; check++) await me(two.url, phone.accessToken);
    // A lease beside a verdict, as for a token that is newer than the entry.
    await one.query('UPDATE users SET token_version = 2 WHERE id = $1', [phone.user.id]);
    const next = (await refresh(one.url, phone.refreshToken)).json['accessToken'] as string;
    const held = proxy.pauseBefore(READ_ALL);
    const check = me(one.url, next);
    expect(await held.arrivesDuring(check)).toBe(true);
    expect(await redis.cli('PEXPIRETIME', keyOf(phone))).toBe(end);
    held.release();
    expect((await check).status).toBe(200);
  });

  it('decides without the database until it expires', async () => {
    const phone = await mobile(one.url);
    await me(one.url, phone.accessToken);
    const before = proxy.count(/access_revocations/);
    const metrics = async () =>
      (await one.app.get(Metrics).registry.metrics()).match(/verdicts_total\{source="redis"\} (\d+)/)?.[1];
    const decided = Number(await metrics());
    for (let check = 0; check < 10; check++) expect((await me(one.url, phone.accessToken)).status).toBe(200);
    expect(proxy.count(/access_revocations/)).toBe(before);
    expect(Number(await metrics())).toBe(decided + 10);
  });
});

it('a check that arrives after the 2xx never uses a read that began before it (V11)', async () => {
  const phone = await mobile(one.url);
  const other = await mobile(one.url);
  await warm(other);
  await redis.cli('DEL', keyOf(phone));
  const held = proxy.pauseAfter(READ_ALL);
  const early = me(one.url, phone.accessToken);
  expect(await held.arrivesDuring(early)).toBe(true);
  expect((await call(two.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) })).status).toBe(204);
  // Redis answers in order: once it has decided another user's check, it has sent the late one to the database.
  const [late] = await begun(one, 1, () => [me(one.url, phone.accessToken)]);
  expect((await me(one.url, other.accessToken)).status).toBe(200);
  held.release();
  await early; // it arrived before the revocation was answered: either verdict is right
  expect((await late)?.json).toMatchObject({ status: 401, code: 'token_revoked' });
});

it('a repeated logout answers 503 until Redis has confirmed the first one, then 204 (V1)', async () => {
  const phone = await mobile(one.url);
  const tablet = await mobile(one.url, phone.person);
  const end = () => call(one.url, 'DELETE', '/auth/sessions', { headers: bearer(phone.accessToken) });
  expect((await me(two.url, tablet.accessToken)).status).toBe(200);
  await refuseWrites(redis);
  for (let attempt = 0; attempt < 2; attempt++) expect((await end()).json['code']).toBe('revocation_unconfirmed');
  const disable = () => one.app.get(AccountStatus).disable(phone.user.id, { by: 'operator', caller: operator });
  expect(await disable()).toEqual({ hasChanged: true, confirmation: { isConfirmed: false } });
  expect(await disable()).toEqual({ hasChanged: false, confirmation: { isConfirmed: false } });
  await acceptWrites(redis);
  expect(await disable()).toEqual({ hasChanged: false, confirmation: { isConfirmed: true } });
  for (const { url } of [one, two]) expect((await me(url, tablet.accessToken)).status).toBe(401);
});

it('a session that is ended without Redis leaves a row that an instance with Redis delivers', async () => {
  const blind = await startService(sureOfRedis, { databaseUrl: two.databaseUrl });
  onTestFinished(() => blind.stop());
  const phone = await mobile(one.url);
  await warm(phone);
  expect((await call(blind.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) })).status).toBe(204);
  await until('the row is worked off', async () => (await two.query('SELECT 1 FROM revocation_outbox')).length === 0);
  for (const { url } of [one, two]) expect((await me(url, phone.accessToken)).status).toBe(401);
});

it('a route that skips the verdict cache queries PostgreSQL whatever Redis answers', async () => {
  const phone = await mobile(one.url);
  await warm(phone);
  await one.query('UPDATE users SET token_version = 2 WHERE id = $1', [phone.user.id]);
  expect((await me(one.url, phone.accessToken)).status).toBe(200); // Redis knows nothing: the row was changed by hand
  const answer = await call(one.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
  expect(answer.json['code']).toBe('token_stale');
});

it('with REVOCATION_CACHE=invalidate Redis receives revocations, and verdicts come from PostgreSQL', async () => {
  const first = await startService(
    { ...sureOfRedis, REDIS_URL: redis.url, REVOCATION_CACHE: 'invalidate' },
    { databaseUrl: two.databaseUrl },
  );
  onTestFinished(() => first.stop());
  const phone = await mobile(first.url);
  expect((await me(first.url, phone.accessToken)).status).toBe(200);
  expect(await entryOf(phone)).toEqual({});
  await warm(phone);
  expect((await call(first.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) })).status).toBe(204);
  expect(await entryOf(phone)).toEqual({});
  for (const { url } of [two, one]) expect((await me(url, phone.accessToken)).status).toBe(401);
});
