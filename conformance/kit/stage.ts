// Everything around the clients: PostgreSQL, Redis where there is one, the service, the faulty network, a foreign server.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded/postgres.js';
import { type HttpProxy, startHttpProxy } from '../../test/support/http-proxy.js';
import { ForeignServer } from './foreign.js';
import { Ledger } from './ledger.js';
import { RedisProcess } from './redis.js';
import { freePort, ServiceProcess } from './service.js';

export const ACCESS_SECONDS = 5;

type Settings = Readonly<Record<string, string>>;

export interface Stage {
  /** For storages and the like; removed at the end. */
  readonly folder: string;
  readonly proxy: HttpProxy;
  readonly service: ServiceProcess;
  readonly redis: RedisProcess | undefined;
  readonly foreign: ForeignServer;
  readonly ledger: Ledger;
  readonly database: pg.Pool;
  stop(): Promise<void>;
}

/** @param given settings of the service; with DATABASE_URL and DATABASE_OWNER_URL the kit starts no PostgreSQL */
export async function setUp(given: Settings = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-conformance-'));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
  const stop = async () => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const database = given['DATABASE_URL'] === undefined ? await startDatabase(folder, ends) : {};
    const redis = await startRedis(folder, ends);
    const proxy = await startHttpProxy(await freePort());
    ends.push(() => proxy.stop());
    const foreign = await ForeignServer.start();
    ends.push(() => foreign.stop());
    const settings: Settings = {
      ...standard,
      PUBLIC_URL: proxy.url,
      DATA_DIR: join(folder, 'data'),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...(redis ? { REDIS_URL: `redis://127.0.0.1:${redis.port}` } : {}),
      ...database,
      ...given,
    };
    const service = new ServiceProcess(proxy.target, settings);
    ends.push(() => service.stop());
    await service.start();
    const pool = new pg.Pool({ connectionString: settings['DATABASE_OWNER_URL'], max: 2 });
    pool.on('error', () => undefined);
    ends.push(() => pool.end());
    const ledger = new Ledger();
    proxy.watch((moment, exchange) => ledger.observe(moment, exchange));
    return { folder, proxy, service, redis, foreign, ledger, database: pool, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(folder: string, ends: (() => unknown)[]): Promise<Settings> {
  const home = join(folder, 'postgres');
  // Nothing here outlives the run, so nothing waits for a disk.
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const server = await startEmbeddedPostgres({ folder: home, overTcp: true, settings });
  ends.push(() => server.stop());
  return { DATABASE_URL: server.url, DATABASE_OWNER_URL: server.ownerUrl };
}

async function startRedis(folder: string, ends: (() => unknown)[]): Promise<RedisProcess | undefined> {
  const program = RedisProcess.program();
  if (program === undefined) return undefined;
  const home = join(folder, 'redis');
  mkdirSync(home);
  const redis = new RedisProcess(program, await freePort(), home);
  await redis.start();
  ends.push(() => redis.stop());
  return redis;
}

const standard = {
  ACCESS_TOKEN_TTL_SECONDS: String(ACCESS_SECONDS),
  REGISTRATION: 'open',
  RATE_LIMITS: 'off', // everybody comes from one address
  // Small keys and cheap hashes: a run is not about their strength.
  SIGNING_KEY_BITS: '2048',
  ARGON2_MEMORY_KIB: '7168',
  ARGON2_PASSES: '1',
  LOG_LEVEL: 'warn',
};
