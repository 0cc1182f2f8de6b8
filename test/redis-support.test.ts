// Checks the Redis servers of the tests of revocation: each fault occurs here once, on real servers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { startCluster } from './support/redis-cluster.js';
import { acceptWrites, refuseWrites, startLoading } from './support/redis-faults.js';
import { dieWithParent } from './support/redis-process.js';
import { startRedisProxy } from './support/redis-proxy.js';
import { cutReplication, startReplicaPair, startSentinelSet } from './support/redis-replication.js';
import { startRedis } from './support/redis.js';
import { until } from './support/until.js';

const impatient = {
  ...{ enableOfflineQueue: false, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
  ...{ commandTimeout: 200, connectTimeout: 1_000, retryStrategy: () => 50 },
} satisfies RedisOptions;

async function ready<T extends Redis | Cluster>(client: T): Promise<T> {
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  if (client.status !== 'ready') await new Promise((done) => client.once('ready', done));
  return client;
}

const connect = (url: string, options: object = {}) => ready(new Redis(url, { ...impatient, ...options }));

/** The first error of a client that cannot connect. */
async function whyNot(options: object): Promise<string> {
  const client = new Redis({ ...impatient, ...options, retryStrategy: null });
  return String(await new Promise((done) => client.once('error', done)));
}

describe('a server of its own', () => {
  it('starts below the ports of clients, and is gone with its folder', async () => {
    const server = await startRedis();
    expect(server.port).toBeLessThan(22_768);
    const { pid } = server;
    const [, folder = ''] = (await server.cli('CONFIG', 'GET', 'dir')) as string[];
    expect(existsSync(folder)).toBe(true);
    await server.remove();
    expect(existsSync(folder)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('requires a password and supports TLS', async () => {
    const server = await startRedis({ password: 'p@ss/word', tls: true });
    expect(server.url).toMatch(/^rediss:/);
    const client = await connect(server.url, { tls: { ca: readFileSync(server.caFile) } });
    expect(await client.ping()).toBe('PONG');
    expect(await whyNot({ port: server.port, password: 'p@ss/word', tls: {} })).toMatch(/certificate/);
    expect(await whyNot({ port: server.port, tls: { ca: server.ca } })).toMatch(/NOAUTH/);
  });

  it.runIf(process.platform === 'linux')('dies with the process that started it, even after kill -9', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-redis-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const listen = ['--port', '0', '--unixsocket', join(folder, 's')]; // without any it would end by itself
    const program = `
      const { spawn } = require('node:child_process');
      const [command, ...args] = ${JSON.stringify([...dieWithParent(), inject('redisServer'), ...listen, '--save', ''])};
      console.log(spawn(command, args, { stdio: 'ignore' }).pid);
      setInterval(() => undefined, 1_000);`;
    const parent = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    await until('it runs', () => readFileSync(`/proc/${Number(pid)}/comm`, 'utf8').startsWith('redis-'));
    parent.kill('SIGKILL');
    await until('it is gone', () => !existsSync(`/proc/${Number(pid)}`));
  });

  it('restarts from an old dump, or empty, with another run_id', async () => {
    const server = await startRedis();
    const before = await server.runId();
    await server.cli('SET', 'old', '1');
    await server.cli('SAVE');
    await server.cli('SET', 'new', '1');
    await server.restart();
    expect(await server.cli('MGET', 'old', 'new')).toEqual(['1', null]);
    expect(await server.runId()).not.toBe(before);
    await server.restart({ keepData: false });
    expect(await server.cli('DBSIZE')).toBe(0);
  });

  it('can be paused: it carries out later what a client gave up', async () => {
    const server = await startRedis();
    await server.cli('SET', 'key', '1');
    const client = await connect(server.url);
    server.pause();
    await expect(client.del('key')).rejects.toThrow('Command timed out');
    server.resume();
    await until('the key is gone', async () => (await server.cli('GET', 'key')) === null);
  });

  it('evicts, and refuses writes with OOM and with NOREPLICAS while it answers reads', async () => {
    const server = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru'] });
    const client = await connect(server.url, { commandTimeout: 5_000 });
    for (let n = 0; n < 60; n++) await client.set(`big:${n}`, 'x'.repeat(100_000));
    const evicted = Number(await server.info('evicted_keys')); // of which keys, Redis decides by a sample
    expect(evicted).toBeGreaterThan(0);
    expect(await client.dbsize()).toBe(60 - evicted);

    await refuseWrites(server, 'OOM');
    await expect(client.set('a', '1')).rejects.toThrow(/^OOM/);
    expect(await client.del('big:59')).toBe(1);
    await acceptWrites(server);
    await refuseWrites(server);
    await expect(client.del('a')).rejects.toThrow(/^NOREPLICAS/);
    expect(await client.get('a')).toBe(null);
    await acceptWrites(server);
    expect(await client.set('a', '1')).toBe('OK');
  });

  it('answers LOADING, in place and after a restart', async () => {
    const server = await startRedis();
    await server.cli('SET', 'key', '1');
    const client = await connect(server.url);
    const before = await server.runId();
    const finish = await startLoading(server, 'in place');
    await expect(client.get('key')).rejects.toThrow(/^LOADING/);
    await finish();
    expect([await client.get('key'), await server.runId()]).toEqual(['1', before]);

    const finishAgain = await startLoading(server, 'restart');
    await expect(server.cli('GET', 'key')).rejects.toThrow(/^LOADING/);
    await finishAgain();
    await until('it is ready', () => client.status === 'ready');
    expect([await client.get('key'), (await server.runId()) === before]).toEqual(['1', false]);
  });
});

describe('a proxy', () => {
  it('adds latency to answers, or to requests', async () => {
    const server = await startRedis();
    const proxy = await startRedisProxy(server.port);
    const client = await connect(`redis://127.0.0.1:${proxy.port}`);
    proxy.delay(3_000);
    await expect(client.set('late-answer', '1')).rejects.toThrow('Command timed out');
    expect(await server.cli('GET', 'late-answer')).toBe('1');
    proxy.delay(0);
    proxy.delay(600, 'requests');
    await expect(client.set('late', '1')).rejects.toThrow('Command timed out');
    expect(await server.cli('GET', 'late')).toBe(null);
    await until('it arrives', async () => (await server.cli('GET', 'late')) === '1');
  });

  it('holds what is sent, forgets connections, cuts them', async () => {
    const server = await startRedis();
    const proxy = await startRedisProxy(server.port);
    const client = await connect(`redis://127.0.0.1:${proxy.port}`);
    proxy.hold();
    await expect(client.set('held', '1')).rejects.toThrow('Command timed out');
    await sleep(100);
    expect(await server.cli('GET', 'held')).toBe(null);
    proxy.heal();
    await until('it arrives', async () => (await server.cli('GET', 'held')) === '1');

    proxy.forget();
    await expect(client.set('lost', '1')).rejects.toThrow('Command timed out');
    expect([client.status, proxy.connections(), await server.cli('GET', 'lost')]).toEqual(['ready', 0, null]);
    const another = await connect(`redis://127.0.0.1:${proxy.port}`);
    expect(await another.ping()).toBe('PONG');

    proxy.cut();
    await until('it is closed', () => another.status !== 'ready');
    await expect(another.ping()).rejects.toThrow("Stream isn't writeable");
    proxy.heal();
    await until('it is back', () => another.status === 'ready');
  });
});

describe('replication', () => {
  it('is real, can be cut before a write, and the promoted replica has missed it', async () => {
    const pair = await startReplicaPair({ password: 'secret' });
    const { master, replica } = pair;
    await master.cli('SET', 'seen', '1');
    await until('it is replicated', async () => (await replica.cli('GET', 'seen')) === '1');
    await expect(replica.cli('SET', 'a', '1')).rejects.toThrow(/^READONLY/);
    await pair.cutReplication();
    await master.cli('DEL', 'seen');
    expect(await replica.cli('GET', 'seen')).toBe('1');
    await pair.restoreReplication();
    await until('it has caught up', async () => (await replica.cli('GET', 'seen')) === null);

    await pair.cutReplication();
    await master.cli('SET', 'missed', '1');
    await master.kill();
    await pair.promote();
    expect(await replica.cli('SET', 'a', '1')).toBe('OK');
    expect(await replica.cli('GET', 'missed')).toBe(null);
  });
});

describe('Sentinels', () => {
  it('with TLS and passwords fail over to a replica that missed the last write', async () => {
    const set = await startSentinelSet({ tls: true, password: 'p', sentinelPassword: 's' });
    const sentinels = set.sentinels.map(({ host, port }) => ({ host, port }));
    const { ca } = await set.master();
    const client = await ready(
      new Redis({
        ...{ ...impatient, sentinels, name: set.name, password: 'p', sentinelPassword: 's' },
        ...{ enableTLSForSentinelMode: true, tls: { ca }, sentinelTLS: { ca } },
      }),
    );
    await client.set('seen', '1');
    const master = await set.master();
    const replica = set.servers.find((server) => server !== master);
    await until('the replica has it', async () => (await replica?.cli('GET', 'seen')) === '1');
    await cutReplication(master);
    await client.set('missed', '1');
    const { before, after } = await set.failOver();
    expect(before.isRunning).toBe(false);
    expect(after.port).not.toBe(before.port);
    await until('the client is back', async () => (await client.mget('seen', 'missed')).join() === '1,');
  });

  it('fail over when the master stands still, and make a replica of it when it wakes', async () => {
    const set = await startSentinelSet({ replicas: 2 });
    const { before, after } = await set.failOver('pause');
    before.resume();
    await until('the old one follows', async () => (await before.info('master_port')) === `${after.port}`);
  });
});

describe('a cluster', () => {
  it('of six survives the death of a master', async () => {
    const cluster = await startCluster({ tls: true, password: 'p' });
    const { ca } = await cluster.masterOf('key');
    const client = await ready(
      new Cluster(
        cluster.nodes.map(({ host, port }) => ({ host, port })),
        {
          enableOfflineQueue: false,
          redisOptions: { ...impatient, commandTimeout: 2_000, password: 'p', tls: { ca } },
        },
      ),
    );
    for (const key of ['key', 'a', 'b', 'c']) await client.set(key, key);
    await until('it is replicated', async () => Number(await (await cluster.replicaOf('key')).cli('DBSIZE')) > 0);
    await expect((await cluster.replicaOf('key')).cli('GET', 'key')).rejects.toThrow(/^MOVED/);
    const heir = await cluster.replicaOf('key');
    const { before, after } = await cluster.killMasterOf('key');
    expect([before.isRunning, after.port]).toEqual([false, heir.port]);
    await until('the client is back', async () => (await client.get('key')) === 'key');
    expect(await client.set('key', 'again')).toBe('OK');
  });
});
