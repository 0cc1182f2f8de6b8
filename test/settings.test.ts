// A changed setting has its documented effect: those that no other test covers; test/support/met.ts counts all.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Config } from '../src/config/config.js';
import { planRotation, policyOf } from '../src/keys/rotation.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { KeyStore } from '../src/keys/key-store.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { bearer, call, decode, mobile } from './support/client.js';
import { expectAlive, keyOf, patient } from './support/instances.js';
import { freePort, start, untilReady } from './support/process.js';
import { startRedis } from './support/redis.js';
import { startServiceForTest } from './support/service.js';
import { testSettings } from './support/settings.js';
import { until } from './support/until.js';

it('HOST and METRICS_HOST are the only addresses listened on, and DATA_DIR is where the embedded database lives', async () => {
  const metricsPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'watchword-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const run = await start(process.cwd(), {
    settings: {
      KEY_ENCRYPTION_KEY,
      DATA_DIR: folder,
      HOST: '127.0.0.2',
      METRICS_HOST: '127.0.0.3',
      METRICS_PORT: String(metricsPort),
    },
  });
  const { port } = new URL(run.url);
  const [service, metrics] = [`http://127.0.0.2:${port}`, `http://127.0.0.3:${metricsPort}`];
  await untilReady({ ...run, url: service });
  expect((await call(metrics, 'GET', '/metrics')).text).toContain('watchword_');
  for (const elsewhere of [`http://127.0.0.1:${port}`, `http://127.0.0.1:${metricsPort}`])
    await expect(call(elsewhere, 'GET', '/metrics')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(existsSync(join(folder, 'postgres', 'data', 'PG_VERSION'))).toBe(true);
  run.process.kill('SIGTERM');
  expect(await run.exited).toBe(0);
});

it('JWT_ISSUER is the issuer of every token, and the audience where none is named', async () => {
  const service = await startServiceForTest({ JWT_ISSUER: 'https://issuer.test' });
  const phone = await mobile(service.url);
  const audience = 'https://issuer.test';
  expect(decode(phone.accessToken)).toMatchObject({ iss: 'https://issuer.test', aud: audience });
  await expectAlive([service], phone);
});

it('LOG_LEVEL suppresses lower levels', async () => {
  const service = await startServiceForTest({ LOG_LEVEL: 'error' });
  const phone = await mobile(service.url);
  expect((await call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) })).status).toBe(204);
  expect(service.log).toEqual([]);
});

it('SIGNING_KEY_BITS is the size of new keys', async () => {
  const service = await startServiceForTest({ SIGNING_KEY_BITS: '2048' });
  service.app.get(KeyWatch).onApplicationShutdown();
  await service.query('TRUNCATE signing_keys');
  await service.app.get(KeyStore).bootstrap();
  const keys = await service.query<{ n: string }>(`SELECT public_jwk->>'n' AS n FROM signing_keys`);
  expect(keys.map(({ n }) => Buffer.from(n, 'base64url').length * 8)).toEqual([2048, 2048]);
});

it("REDIS_USERNAME and REDIS_PASSWORD are the service's credentials at a Cluster", async () => {
  const redis = await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] });
  await redis.cli('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  await until('the Cluster is well', async () => (await redis.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  await redis.cli('ACL', 'SETUSER', 'service', 'on', '>of the service', '~*', '&*', '+@all');
  const service = await startServiceForTest({
    ...patient,
    REDIS_CLUSTER_NODES: redis.address,
    REDIS_USERNAME: 'service',
    REDIS_PASSWORD: 'of the service',
  });
  const phone = await mobile(service.url);
  await until('its verdict is in Redis', async () => {
    await expectAlive([service], phone);
    return (await redis.cli('EXISTS', keyOf(phone))) === 1;
  });
  expect(await redis.cli('CLIENT', 'LIST')).toMatch(/ name=watchword .* user=service /);
});

it('KEY_PUBLISH_AHEAD_SECONDS, KEY_ROTATION_DAYS and KEY_REMOVE_AFTER_SECONDS set when a key signs, retires and is removed', async () => {
  const service = await startServiceForTest({
    KEY_PUBLISH_AHEAD_SECONDS: String(2 * 86_400),
    KEY_ROTATION_DAYS: '3',
    KEY_REMOVE_AFTER_SECONDS: '7200',
  });
  const [ring, watch] = [service.app.get(KeyRing), service.app.get(KeyWatch)];
  watch.onApplicationShutdown();
  // The template's keys are as old as this run of the tests.
  await service.query('UPDATE signing_keys SET published_at = protocol_now()');
  await service.query('UPDATE signing_keys SET activate_at = protocol_now() WHERE activate_at IS NOT NULL');
  await ring.reload();
  const kids = async (seconds: number) => {
    await service.advance(seconds);
    await watch.look();
    return ring.jwks.map(({ kid }) => kid);
  };
  const first = (await ring.signer(ring.now())).kid;
  expect(await kids(2 * 86_400 - 120)).toHaveLength(2);
  const config = service.app.get(Config);
  const rotation = () => planRotation(ring.keys, ring.now(), policyOf(config), false);
  expect(rotation()).toMatchObject({ objection: 'standby_too_young' });
  expect(await kids(61)).toHaveLength(2);
  expect(rotation()).toHaveLength(3);
  expect(await kids(86_400 - 61)).toHaveLength(2);
  expect(await kids(60)).toHaveLength(3);
  expect((await ring.signer(ring.now())).kid).toBe(first);
  await kids(61); // the rotation takes effect a minute after it was recorded
  const second = (await ring.signer(ring.now())).kid;
  expect(second).not.toBe(first);
  expect(await kids(7_200 - 120)).toContain(first);
  expect(await kids(120)).not.toContain(first);
});
