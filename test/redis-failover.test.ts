// A revoked token stays refused after fail-overs, restarts from old dumps, and with Sentinels or a Cluster.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Redis as Client } from 'ioredis';
import { decodeJwt } from 'jose';
import { Config } from '../src/config/config.js';
import { connect } from '../src/redis/connect.js';
import { Redis } from '../src/redis/redis.js';
import type { Claims } from '../src/revocation/verdict.js';
import { VerdictCache } from '../src/revocation/verdict-cache.js';
import { call, me, mobile } from './support/client.js';
import {
  expectAlive,
  expectDead,
  figure,
  keyOf,
  logout,
  patient,
  twoInstances,
  warmPhone,
} from './support/instances.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { startCluster } from './support/redis-cluster.js';
import { startRedisProxy } from './support/redis-proxy.js';
import { startReplicaPair, startSentinelSet } from './support/redis-replication.js';
import { startRedis } from './support/redis.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { testSettings } from './support/settings.js';
import { until } from './support/until.js';

describe('a revoked token stays dead when Redis', () => {
  it('is a promoted replica that missed the revocation (V3)', async () => {
    const pair = await startReplicaPair();
    let target = pair.master.port;
    const proxy = await startRedisProxy(() => target);
    const services = await twoInstances({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const phone = await warmPhone(services);
    await until('the replica has it', async () => (await pair.replica.cli('HGET', keyOf(phone), 'v')) === '1');
    await pair.cutReplication();
    expect((await logout(services[0], phone)).status).toBe(204);
    expect(await pair.replica.cli('HGET', keyOf(phone), 'v')).toBe('1'); // it has missed it
    await pair.promote();
    target = pair.replica.port;
    proxy.cut();
    proxy.heal();
    for (let round = 0; round < 3; round++) await expectDead(services, phone);
    await until('the promoted one is used', async () => {
      await expectDead(services, phone);
      return String(await pair.replica.cli('HGET', keyOf(phone), 'e')).startsWith(await pair.replica.runId());
    });
    await expectDead(services, phone);
  }, 180_000);

  it('is a promoted replica that missed the revocation and still holds the lease of a slow rebuild (V3)', async () => {
    const pair = await startReplicaPair();
    const target = { port: pair.master.port };
    const toRedis = await startRedisProxy(() => target.port);
    const databaseUrl = await cloneDatabase();
    const toDatabase = await PostgresProxy.before(databaseUrl);
    onTestFinished(() => toDatabase.close());
    const settings = { ...patient, REDIS_URL: `redis://127.0.0.1:${toRedis.port}` };
    const slow = await startService(settings, { databaseUrl: toDatabase.url });
    onTestFinished(() => slow.stop());
    const other = await startService(settings, { databaseUrl });
    onTestFinished(() => other.stop());
    const phone = await mobile(other.url);
    const held = toDatabase.pauseAfter(/array\(select kind/);
    const early = me(slow.url, phone.accessToken);
    expect(await held.arrivesDuring(early)).toBe(true);
    await until('the replica has the lease', async () => (await pair.replica.cli('HEXISTS', keyOf(phone), 'l')) === 1);
    await pair.cutReplication();
    expect((await logout(other, phone)).status).toBe(204);
    await pair.promote();
    target.port = pair.replica.port;
    toRedis.cut();
    toRedis.heal();
    for (const { url } of [slow, other])
      await until(
        'both are connected again',
        async () => (await call(url, 'GET', '/health/ready')).text === '{"status":"ready"}',
      );
    held.release();
    await early; // it arrived before the revocation was answered: either verdict is right
    expect(await pair.replica.cli('HGET', keyOf(phone), 'v')).not.toBe('1');
    await expectDead([slow, other], phone);
  }, 180_000);

  it('was demoted, took the old entry back from an heir that missed the revocation, and was promoted again (V3)', async () => {
    const pair = await startReplicaPair();
    const { master, replica } = pair;
    const services = await twoInstances({ REDIS_URL: master.url });
    const phone = await warmPhone(services);
    await until('the replica has it', async () => (await pair.replica.cli('HGET', keyOf(phone), 'v')) === '1');
    await pair.cutReplication();
    expect((await logout(services[0], phone)).status).toBe(204);
    await pair.promote();
    await master.cli('REPLICAOF', replica.host, replica.port);
    await until('the old entry is back', async () => (await master.cli('HGET', keyOf(phone), 'v')) === '1');
    await expectDead(services, phone); // a replica has no verdict
    await master.cli('REPLICAOF', 'NO', 'ONE');
    await expectDead(services, phone); // of the same process and run_id, but of another history
    await expectDead(services, phone);
  }, 180_000);

  it('was restarted from a dump that is older than the revocation (V3)', async () => {
    const redis = await startRedis();
    const services = await twoInstances({ REDIS_URL: redis.url });
    const phone = await warmPhone(services);
    await redis.cli('SAVE');
    expect((await logout(services[0], phone)).status).toBe(204);
    await redis.restart();
    expect(await redis.cli('HGET', keyOf(phone), 'v')).toBe('1'); // it is back
    await until('the restarted one is used', async () => {
      await expectDead(services, phone);
      return String(await redis.cli('HGET', keyOf(phone), 'e')).startsWith(await redis.runId());
    });
    await expectDead(services, phone);
  }, 180_000);
});

/** Both instances check a live and a dead token without a pause. */
function load(services: readonly Service[], alive: { accessToken: string }, dead: { accessToken: string }) {
  const seen = { alive: new Set<number>(), dead: new Set<number>(), isOver: false };
  const loops = services.map(async ({ url }) => {
    while (!seen.isOver) {
      seen.alive.add((await me(url, alive.accessToken)).status);
      seen.dead.add((await me(url, dead.accessToken)).status);
    }
  });
  const over = Promise.all(loops);
  over.catch(() => undefined); // in case the test fails before it stops them
  onTestFinished(() => {
    seen.isOver = true;
  });
  return {
    seen,
    stop: () => {
      seen.isOver = true;
      return over;
    },
  };
}

/** Repeats the revocation until it is confirmed: from then on the token is dead. */
async function revokeUntilConfirmed(services: readonly Service[], phone: Awaited<ReturnType<typeof warmPhone>>) {
  await until(
    'a logout is confirmed',
    async () => {
      const [service] = services;
      return service !== undefined && (await logout(service, phone)).status === 204;
    },
    60_000,
  ); // a replica must follow the new master before it can confirm
  await expectDead(services, phone);
}

describe('through a fail-over under load no dead token is accepted and no live one refused', () => {
  it.each(['kill', 'pause'] as const)(
    'of a Sentinel set whose master is hit by a %s (V10)',
    async (how) => {
      const set = await startSentinelSet({
        replicas: 2,
        password: 'of-the-servers',
        sentinelPassword: 'of-the-sentinels',
      });
      const services = await twoInstances({
        REDIS_SENTINELS: set.sentinels.map(({ address }) => address).join(','),
        REDIS_SENTINEL_NAME: set.name,
        REDIS_SENTINEL_PASSWORD: 'of-the-sentinels',
        REDIS_PASSWORD: 'of-the-servers',
      });
      const [alive, dead, later] = [await warmPhone(services), await warmPhone(services), await warmPhone(services)];
      await revokeUntilConfirmed(services, dead);
      const running = load(services, alive, dead);
      const { after } = await set.failOver(how);
      await revokeUntilConfirmed(services, later);
      await until('the new master is used', async () =>
        String(await after.cli('HGET', keyOf(alive), 'e')).startsWith(await after.runId()),
      );
      await running.stop();
      expect({ alive: [...running.seen.alive], dead: [...running.seen.dead] }).toEqual({ alive: [200], dead: [401] });
      await expectAlive(services, alive);
    },
    240_000,
  );

  it('of a Sentinel set, announced while a client asks', async () => {
    const set = await startSentinelSet();
    const proxies = await Promise.all(set.sentinels.map(({ port }) => startRedisProxy(port)));
    const services = await twoInstances({
      REDIS_SENTINELS: proxies.map(({ port }) => `127.0.0.1:${port}`).join(','),
      REDIS_SENTINEL_NAME: set.name,
      REDIS_MIN_REPLICAS: '0',
    });
    const phone = await warmPhone(services);
    // A polling client waits nearly all the time; a subscriber at a Sentinel's own address is notified at once.
    for (const proxy of proxies) proxy.delay(230);
    await set.failOver('kill');
    for (const proxy of proxies) proxy.heal();
    for (const { app } of services) await until('Redis is used again', async () => app.get(Redis).isUp);
    expect((await logout(services[0], phone)).status).toBe(204);
    await expectDead(services, phone);
  }, 180_000);

  it('of a Cluster of six nodes that loses the master of a user, over TLS (V10)', async () => {
    const cluster = await startCluster({ password: 'of the nodes', tls: true });
    const services = await twoInstances({
      REDIS_CLUSTER_NODES: cluster.addresses,
      REDIS_PASSWORD: 'of the nodes',
      REDIS_TLS: 'on',
      REDIS_CA_FILE: cluster.nodes[0]?.caFile ?? '',
    });
    const [alive, dead, later] = [await warmPhone(services), await warmPhone(services), await warmPhone(services)];
    await revokeUntilConfirmed(services, dead);
    const running = load(services, alive, dead);
    for (const phone of [alive, later]) {
      const { after } = await cluster.killMasterOf(keyOf(phone)).catch(() => ({ after: undefined }));
      if (!after) continue; // one server may have served both
      await until('its heir is used', async () => {
        await me(services[0].url, phone.accessToken);
        return String(await after.cli('HGET', keyOf(phone), 'e')).startsWith(await after.runId());
      });
      break;
    }
    await revokeUntilConfirmed(services, later);
    await running.stop();
    expect({ alive: [...running.seen.alive], dead: [...running.seen.dead] }).toEqual({ alive: [200], dead: [401] });
    await expectAlive(services, alive);
  }, 240_000);
});

it('a hanging node of a Cluster delays only the checks of its own users', async () => {
  // The cluster must not notice within the test: without one of its nodes it answers for none, as is its default.
  const cluster = await startCluster({ args: ['--cluster-node-timeout', '30000'] });
  const services = await twoInstances({ REDIS_CLUSTER_NODES: cluster.addresses });
  const here = await warmPhone(services);
  const hung = await cluster.masterOf(keyOf(here));
  let elsewhere = await warmPhone(services);
  while ((await cluster.masterOf(keyOf(elsewhere))) === hung) elsewhere = await warmPhone(services);
  const cache = services[0].app.get(VerdictCache);
  const check = ({ accessToken }: typeof here) => cache.check(decodeJwt<Claims>(accessToken));
  expect(await Promise.all([check(here), check(elsewhere)])).toEqual(['live', 'live']);
  hung.pause();
  const [ofHung, ofOther] = await Promise.allSettled([check(here), check(elsewhere)]);
  const many = await Promise.allSettled(Array.from({ length: 10 }, () => check(here)));
  const isOpen = await figure(services[0], 'watchword_redis_breaker{state="open"}');
  const [afterMany] = await Promise.allSettled([check(elsewhere)]);
  hung.resume();
  const live = { status: 'fulfilled', value: 'live' };
  expect([ofHung.status, ofOther]).toEqual(['rejected', live]);
  expect([many.filter(({ status }) => status === 'rejected').length, isOpen, afterMany]).toEqual([10, 1, live]);
}, 60_000);

it('connections that are given up while they refuse the certificate of Redis end no process', async () => {
  const redis = await startRedis({ tls: true });
  const config = Config.fromEnv({ ...testSettings, REDIS_URL: redis.url });
  const uncaught: Error[] = [];
  const note = (error: Error) => void uncaught.push(error);
  process.on('uncaughtExceptionMonitor', note);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
  const all: Client[] = [];
  for (let round = 0; round < 30; round++) {
    const clients = Array.from({ length: 8 }, () => connect(config, 1_000) as Client);
    for (const client of clients) client.on('error', () => undefined);
    await sleep(2 * round);
    for (const client of clients) client.disconnect();
    all.push(...clients);
  }
  await until('all sockets are closed', () => all.every(({ stream }) => stream?.closed ?? true));
  expect(uncaught).toEqual([]);
});

it('TLS verifies the certificate of Redis against REDIS_CA_FILE, also with a password (ASVS 12.3.2)', async () => {
  const redis = await startRedis({ tls: true, password: 'of the server, with spaces & signs' });
  const services = await twoInstances({ REDIS_URL: redis.url, REDIS_CA_FILE: redis.caFile }, { REDIS_CA_FILE: '' });
  const [trusting, distrusting] = services;
  const phone = await warmPhone(services);
  expect(await redis.cli('HGET', keyOf(phone), 'v')).toBe('1');
  expect(trusting.log.filter((line) => line['event'] === 'redis.ready')).toHaveLength(1);
  expect(distrusting.log.filter((line) => line['event'] === 'redis.ready')).toEqual([]);
  expect((await logout(trusting, phone)).status).toBe(204);
  await expectDead(services, phone);
});
