// An instance with a wrong clock, or without PostgreSQL, decides nothing that it cannot know.
import { expect, it, onTestFinished } from 'vitest';
import { KeyStore } from '../src/keys/key-store.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { isObjection, planRevocation, planRotation, policyOf } from '../src/keys/rotation.js';
import { bearer, call, decode, me, mobile, refresh } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { startRedis } from './support/redis.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { Config } from '../src/config/config.js';

const MINUTES = 60;
const kidOf = (token: string) => decode(token, 0)['kid'] as string;

/** Two instances on one database; the second one, `odd`, differs in some way. */
async function startPair(settings: Record<string, string> = {}, oddUrl?: (databaseUrl: string) => Promise<string>) {
  const databaseUrl = await cloneDatabase();
  const sound = await startServiceForTest(settings, { databaseUrl });
  const odd = await startService(settings, { databaseUrl: oddUrl ? await oddUrl(databaseUrl) : databaseUrl });
  return { sound, odd };
}

it.each([
  ['behind', -20 * MINUTES],
  ['ahead', 20 * MINUTES],
])(
  "a process clock that is 20 minutes %s decides nothing: tokens are judged by the database's time",
  async (_, shift) => {
    const { sound, odd } = await startPair();
    onTestFinished(() => odd.stop());
    odd.clock.shiftSeconds = shift;
    const phone = await mobile(odd.url);
    expect(Math.abs(decode(phone.accessToken)['iat'] - Date.now() / 1000)).toBeLessThan(60);
    for (const { url } of [sound, odd]) expect((await me(url, phone.accessToken)).status).toBe(200);
    await sound.advance(16 * MINUTES);
    await odd.app.get(KeyWatch).look();
    expect((await me(odd.url, phone.accessToken)).json['code']).toBe('token_expired');
    const answer = await refresh(odd.url, phone.refreshToken);
    expect((await me(odd.url, answer.json['accessToken'])).status).toBe(200);
  },
);

it('a logged-out token stays refused on an instance with a slow clock after its revocation was purged', async () => {
  const { sound, odd } = await startPair();
  onTestFinished(() => odd.stop());
  const phone = await mobile(sound.url);
  await call(sound.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
  odd.clock.shiftSeconds = -20 * MINUTES;
  await sound.advance(18 * MINUTES);
  await sound.query('DELETE FROM access_revocations WHERE expires_at < protocol_now()');
  await odd.app.get(KeyWatch).look();
  expect((await me(odd.url, phone.accessToken)).json['code']).toBe('token_expired');
});

it("the database's time counts from the query: a machine that slept meanwhile does not use the old time", async () => {
  let proxy: PostgresProxy | undefined;
  const { sound, odd } = await startPair({}, async (url) => (proxy = await PostgresProxy.before(url)).url);
  onTestFinished(async () => {
    await odd.stop();
    proxy?.close();
  });
  const phone = await mobile(sound.url);
  await call(sound.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
  odd.app.get(KeyWatch).onApplicationShutdown(); // it looks only when told to
  const pause = proxy?.pauseAfter(/key_ring_version/);
  const look = odd.app.get(KeyWatch).look();
  expect(await pause?.arrivesDuring(look)).toBe(true);
  await sound.advance(18 * MINUTES);
  odd.clock.shiftSeconds = 18 * MINUTES;
  await sound.query('DELETE FROM access_revocations WHERE expires_at < protocol_now()');
  pause?.release();
  await look;
  expect((await me(odd.url, phone.accessToken)).json['code']).toBe('token_expired');
});

it('a clock that is more than 5 seconds off is logged once and shown as a metric', async () => {
  const service = await startServiceForTest();
  service.clock.shiftSeconds = 90;
  for (let look = 0; look < 3; look++) await service.app.get(KeyWatch).look();
  const reports = service.log.filter((line) => line['event'] === 'clock.skewed');
  expect(reports.map(({ skewSeconds }) => skewSeconds)).toEqual([90]);
});

it('an instance that reaches Redis but not PostgreSQL answers 503 after 5 seconds, as a key may be revoked', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.remove());
  let proxy: PostgresProxy | undefined;
  const settings = { REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '5000' };
  const { sound, odd } = await startPair(settings, async (url) => (proxy = await PostgresProxy.before(url)).url);
  onTestFinished(() => odd.app.close());
  const phone = await mobile(sound.url);
  for (const { url } of [sound, odd]) expect((await me(url, phone.accessToken)).status).toBe(200);
  proxy?.close();
  expect((await me(odd.url, phone.accessToken)).status).toBe(200); // Redis knows the user, and the key set is fresh
  const decide = (keys: Parameters<typeof planRevocation>[0], now: Date) =>
    planRevocation(keys, kidOf(phone.accessToken), now);
  expect(isObjection(await sound.app.get(KeyStore).change(decide, null))).toBe(false);
  odd.clock.shiftSeconds = 6;
  expect((await me(odd.url, phone.accessToken)).json).toMatchObject({
    status: 503,
    code: 'unavailable',
    session: 'keep',
  });
  await sound.app.get(KeyWatch).look();
  expect((await me(sound.url, phone.accessToken)).json['code']).toBe('token_stale');
});

it('a logout with a token under a key that this instance has not loaded yet ends the session', async () => {
  const { sound, odd } = await startPair();
  onTestFinished(() => odd.stop());
  odd.app.get(KeyWatch).onApplicationShutdown(); // it no longer polls
  await rotateNow(sound);
  const phone = await mobile(sound.url);
  expect(odd.app.get(KeyWatch)).toBeDefined();
  const answer = await call(odd.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
  expect(answer.status).toBe(204);
  expect((await me(sound.url, phone.accessToken)).json['code']).toBe('token_revoked');
});

/** Lets the standby sign at once, as `keys rotate --force` does a minute later. */
async function rotateNow(service: Service): Promise<void> {
  const policy = policyOf(service.app.get(Config));
  const decide = (keys: Parameters<typeof planRotation>[0], now: Date) => planRotation(keys, now, policy, true);
  await service.app.get(KeyStore).change(decide, null);
  await service.advance(61);
  await service.app.get(KeyWatch).look();
}
