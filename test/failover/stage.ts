// Everything of a run: the nodes, Redis, the receiver of alerts, two instances of the service.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisProcess } from '../../conformance/kit/redis.js';
import { freePort } from '../support/redis-process.js';
import { Cluster } from './cluster.js';
import { passwords } from './configuration.js';
import { Instance } from './instance.js';
import type { Ledger } from './ledger.js';
import { environment, findPrograms } from './programs.js';

const ROLES = { WATCHWORD_OWNER_PASSWORD: 'test-owner', WATCHWORD_PASSWORD: 'test-service' };

export interface Stage {
  readonly cluster: Cluster;
  readonly instances: readonly Instance[];
}

const ends: (() => unknown)[] = [];
let tearing: Promise<void> | undefined;

/** Ends everything that was started so far; what was begun last goes first. */
export function tearDown(): Promise<void> {
  tearing ??= (async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  })();
  return tearing;
}

/** @param severalHosts whether the second instance knows all three servers, and needs no HAProxy */
export async function setUp(ledger: Ledger, severalHosts: boolean): Promise<Stage> {
  const bin = findPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'watchword-failover-'));
  chmodSync(folder, 0o755);
  ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const cluster = await Cluster.prepare(folder, bin);
  ends.push(() => cluster.stop());
  await cluster.start();
  await makeRoles(cluster);
  await cluster.untilWhole(true);
  const redis = new RedisProcess('redis-server', await freePort(), folder);
  await redis.start();
  ends.push(() => redis.stop());
  const webhook = await receiveAlerts(ledger);
  ends.push(webhook.stop);

  const through = `127.0.0.1:${cluster.haproxyPort}`;
  const all = cluster.nodes.map(({ postgres }) => `127.0.0.1:${postgres}`).join();
  const common = {
    ...standard,
    DATA_DIR: join(folder, 'data'),
    HOME: folder,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ALERT_WEBHOOK_URL: webhook.url,
    ALERT_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  };
  const instances: Instance[] = [];
  for (const [name, hosts] of [
    ['one', through],
    ['two', severalHosts ? all : through],
  ] as const) {
    const urls = {
      DATABASE_URL: `postgres://watchword:${ROLES.WATCHWORD_PASSWORD}@${hosts}/watchword`,
      DATABASE_OWNER_URL: `postgres://watchword_owner:${ROLES.WATCHWORD_OWNER_PASSWORD}@${hosts}/watchword`,
    };
    const port = await freePort();
    const settings = { ...common, ...urls, PUBLIC_URL: 'http://auth.test' };
    const instance = new Instance(name, port, settings, (line) => {
      if (line['alert'] === true) ledger.now.alerts.push(String(line['event']));
    });
    ends.push(() => instance.stop());
    await instance.start();
    instances.push(instance);
  }
  return { cluster, instances };
}

/** By the script that operators run. */
async function makeRoles(cluster: Cluster): Promise<void> {
  await cluster.query('CREATE DATABASE watchword');
  const { postgres } = await cluster.primary();
  const env = {
    ...{ ...environment, ...ROLES, POSTGRES_USER: 'postgres', POSTGRES_DB: 'watchword' },
    ...{ PGHOST: '127.0.0.1', PGPORT: String(postgres), PGPASSWORD: passwords.superuser },
  };
  // Not with spawnSync: what the nodes send to each other passes through this process.
  const script = spawn('bash', ['deploy/postgres-roles.sh'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  script.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((done) => script.once('close', done));
  if (code !== 0) throw new Error(`deploy/postgres-roles.sh ended with ${String(code)}: ${said}`);
}

async function receiveAlerts(ledger: Ledger): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { type } = JSON.parse(Buffer.concat(chunks).toString()) as { type?: string };
      ledger.now.alerts.push(String(type));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop };
}

const standard = {
  REGISTRATION: 'open',
  RATE_LIMITS: 'off', // everybody comes from one address
  // Small keys and cheap hashes: a run is not about their strength.
  SIGNING_KEY_BITS: '2048',
  ARGON2_MEMORY_KIB: '7168',
  ARGON2_PASSES: '1',
  DATABASE_POOL_SIZE: '15',
  LOG_LEVEL: 'info',
};
