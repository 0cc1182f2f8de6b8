// A standby replays what the primary did, perhaps minutes later: it must never say that a token is good.
import { expect, it, onTestFinished } from 'vitest';
import { bearer, call, me, mobile, refresh } from './support/client.js';
import { logout, patient } from './support/instances.js';
import { hasPgBouncer } from './support/pgbouncer-process.js';
import { startPgBouncer } from './support/pgbouncer.js';
import { startRedisProxy } from './support/redis-proxy.js';
import { startService } from './support/service.js';
import { databaseSettings } from './support/settings.js';
import { type Pair, startPair } from './support/streaming-standby.js';

const unavailable = { status: 503, code: 'unavailable', session: 'keep' };

/** Its database is behind a proxy that can be led elsewhere. */
async function behindProxy({ primary, standby }: Pair, through = async (url: string) => url, settings = {}) {
  let target = primary.port;
  const proxy = await startRedisProxy(() => target);
  const viaProxy = new URL(primary.url());
  viaProxy.port = String(proxy.port);
  const { DATABASE_URL } = databaseSettings(viaProxy.href);
  const urls = { DATABASE_URL: await through(DATABASE_URL), DATABASE_OWNER_URL: primary.url() };
  const service = await startService({ ...patient, ...urls, ...settings }, { databaseUrl: primary.url() });
  onTestFinished(() => service.app.close());
  const leadTo = (where: 'primary' | 'standby') => {
    target = { primary, standby }[where].port;
    proxy.cut();
    proxy.heal();
  };
  return { service, leadTo };
}

/** Logs out, while the standby replays nothing any more. */
async function deadOnPrimaryOnly(pair: Pair, service: Awaited<ReturnType<typeof startService>>) {
  const phone = await mobile(service.url);
  await pair.caughtUp();
  await pair.standby.run('SELECT pg_wal_replay_pause()');
  const left = await mobile(service.url); // an account that the standby has never seen
  expect((await logout(service, phone)).status).toBe(204);
  return { phone, left };
}

async function expectNoVerdict(url: string, phones: readonly Awaited<ReturnType<typeof mobile>>[]) {
  const answers = [];
  for (let round = 0; round < 5; round++) {
    answers.push(await call(url, 'GET', '/health/ready'));
    for (const { accessToken, refreshToken, person } of phones) {
      answers.push(await me(url, accessToken), await refresh(url, refreshToken));
      answers.push(await call(url, 'POST', '/auth/login', { body: person }));
      answers.push(await call(url, 'GET', '/auth/sessions', { headers: bearer(accessToken) }));
    }
  }
  for (const { json } of answers) expect(json).toMatchObject(unavailable);
}

it('a service that is led to a standby gives no verdict and is not ready, and goes on when it is led back', async () => {
  const pair = await startPair();
  const { service, leadTo } = await behindProxy(pair);
  const { phone, left } = await deadOnPrimaryOnly(pair, service);
  leadTo('standby');
  await expectNoVerdict(service.url, [phone, left]);
  leadTo('primary');
  await expect.poll(async () => (await call(service.url, 'GET', '/health/ready')).status).toBe(200);
  expect((await me(service.url, phone.accessToken)).json).toMatchObject({ status: 401, code: 'token_revoked' });
  expect((await me(service.url, left.accessToken)).status).toBe(200);
}, 60_000);

it.skipIf(!hasPgBouncer)(
  'behind a pooler in transaction mode a connection that stays open and leads to a standby gives no verdict either',
  async () => {
    const pair = await startPair();
    const through = async (url: string) => (await startPgBouncer('transaction', [url]))(url);
    const { service, leadTo } = await behindProxy(pair, through, { DATABASE_PREPARED_STATEMENTS: 'off' });
    const { phone, left } = await deadOnPrimaryOnly(pair, service);
    leadTo('standby');
    await expectNoVerdict(service.url, [phone, left]);
    leadTo('primary');
    await expect.poll(async () => (await call(service.url, 'GET', '/health/ready')).status).toBe(200);
    expect((await me(service.url, left.accessToken)).status).toBe(200);
  },
  60_000,
);

it('a start on a standby ends with one sentence, and tries no migration', async () => {
  const { standby } = await startPair();
  const start = startService({}, { databaseUrl: standby.url() });
  await expect(start).rejects.toThrow(`127.0.0.1:${standby.port} is a standby, which takes no writes`);
}, 60_000);
