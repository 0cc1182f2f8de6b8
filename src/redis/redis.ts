// How is Redis reached: one server, a Sentinel set or a Cluster? Two connections: what waits for replicas on one must not hold up
// the checks on the other. Nothing waits in a queue of ours.
import { readFileSync } from 'node:fs';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Cluster, Redis as Client, type RedisOptions } from 'ioredis';
import { Config } from '../config/config.js';
import { Log } from '../config/log.js';
import { Deletions } from './deletions.js';

/** A script by its name: how ioredis' `defineCommand` leaves it on the client. */
type Scripted = Record<string, Script>;
type Script = (...args: (string | number)[]) => Promise<unknown>;

const scriptsOf = (client: Client | Cluster | undefined) => (client ?? {}) as unknown as Scripted;

interface Asked {
  readonly key: string;
  readonly args: readonly string[];
}

const READY_WITHIN_MS = 1_500;
/** A connection that is owed an answer for this long is taken for dead and made anew. */
const SILENT_MS = 1_000;
const AGAIN_AFTER_MS = 100;

@Injectable()
export class Redis implements OnModuleInit, OnApplicationShutdown {
  private readonly checks: Client | Cluster | undefined;
  private readonly revocations: Client | Cluster | undefined;
  private readonly deletions: Deletions | undefined;
  private isEnding = false;
  private lastTrouble: string | undefined;

  constructor(
    config: Config,
    private readonly log: Log,
  ) {
    this.checks = connect(config, SILENT_MS);
    this.revocations = connect(config, 2 * SILENT_MS);
    this.deletions = this.revocations && new Deletions(this.revocations, config.redisMinReplicas);
    this.reportChanges();
    for (const client of [this.checks, this.revocations]) {
      client?.on('error', (error: Error) => {
        this.lastTrouble = error.message;
        log.debug({ event: 'redis.trouble', reason: error.message });
      });
      client?.on('end', () => this.startAgain(client));
    }
  }

  /** ioredis gives up for good when Sentinels tell of a new primary just while it asks them for it. */
  private startAgain(client: Client | Cluster): void {
    setTimeout(() => {
      if (!this.isEnding) client.connect().catch(() => undefined); // 'error' has told, and 'end' comes again
    }, AGAIN_AFTER_MS).unref();
  }

  /** Once for each change: what is away is tried twice a second. */
  private reportChanges(): void {
    let wasReady = false;
    this.checks?.on('ready', () => {
      wasReady = true;
      this.log.info({ event: 'redis.ready' });
    });
    this.checks?.on('close', () => {
      if (wasReady && !this.isEnding) this.log.warn({ event: 'redis.lost', reason: this.lastTrouble });
      wasReady = false;
    });
  }

  get isConfigured(): boolean {
    return this.checks !== undefined;
  }

  get isUp(): boolean {
    return this.checks?.status === 'ready' && this.revocations?.status === 'ready';
  }

  /** Waits a moment for the connections; a Redis that is down does not keep the service from starting. */
  async onModuleInit(): Promise<void> {
    if (!this.isConfigured) return;
    await Promise.all([this.checks, this.revocations].map(untilReady));
    if (!this.isUp) {
      const reason = this.lastTrouble;
      this.log.warn({ event: 'redis.absent', reason }, 'Redis does not answer; verdicts come from PostgreSQL.');
      return;
    }
    const info = await this.checks
      ?.info('server')
      .catch((error: Error) => (error.message.startsWith('NOPERM') ? '' : undefined));
    if (info !== undefined && !/run_id:[0-9a-f]/.test(info)) {
      throw new Error(
        'This Redis hides its run_id (a managed service behind a proxy, or a user without INFO?): a fail-over could bring revoked tokens back. Use one that shows it.',
      );
    }
  }

  onApplicationShutdown(): void {
    this.isEnding = true;
    this.checks?.disconnect();
    this.revocations?.disconnect();
  }

  /** Lua, sent once and called by its hash; its one key decides which node of a Cluster runs it. */
  define(name: string, lua: string): Script {
    const client = this.checks;
    client?.defineCommand(name, { numberOfKeys: 1, lua });
    return (key, ...args) => scriptsOf(client)[name]?.(key, ...args) ?? Promise.reject(new Error('no Redis'));
  }

  /** A Cluster's keys are on several servers: a question about many would be as slow as the slowest, and fail with each. */
  get isParted(): boolean {
    return this.checks instanceof Cluster;
  }

  /** The same for Lua that answers for many keys, in their order; where the keys are parted, for one. */
  defineForMany(name: string, lua: string): (asked: readonly Asked[]) => Promise<unknown[]> {
    const client = this.checks;
    client?.defineCommand(name, { lua });
    return async (asked) => {
      const keys = asked.map(({ key }) => key);
      const args = asked.flatMap((each) => each.args);
      return (await scriptsOf(client)[name]?.(keys.length, ...keys, ...args)) as unknown[];
    };
  }

  /**
   * Deletes a key, and waits until so many replicas have heard of it (REDIS_MIN_REPLICAS).
   * @throws when the primary or too few replicas have confirmed it
   */
  async deleteSurely(key: string): Promise<void> {
    if (!this.deletions) throw new Error('no Redis');
    await this.deletions.delete(key);
  }
}

async function untilReady(client: Client | Cluster | undefined): Promise<void> {
  if (client?.status === 'ready') return;
  await new Promise<void>((done) => {
    client?.once('ready', () => done());
    setTimeout(done, READY_WITHIN_MS);
  });
}

const soon = (times: number) => Math.min(50 * times, 500);

function connect(config: Config, socketTimeout: number): Client | Cluster | undefined {
  const ca = config.REDIS_CA_FILE === undefined ? {} : { ca: readFileSync(config.REDIS_CA_FILE) };
  const identity = {
    ...(config.REDIS_USERNAME ? { username: config.REDIS_USERNAME } : {}),
    ...(config.REDIS_PASSWORD ? { password: config.REDIS_PASSWORD } : {}),
    ...(config.REDIS_TLS === 'on' ? { tls: ca } : {}),
  };
  const common = {
    // What was sent on a connection that broke is not sent again by itself: the next one may lead to another server.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    maxLoadingRetryTime: 500,
    socketTimeout,
    connectionName: 'watchword',
  } satisfies RedisOptions;
  const alone = { ...common, enableOfflineQueue: false, retryStrategy: soon };

  if (config.REDIS_CLUSTER_NODES) {
    return new Cluster([...config.REDIS_CLUSTER_NODES], {
      redisOptions: { ...common, ...identity },
      scaleReads: 'master',
      enableOfflineQueue: false,
      clusterRetryStrategy: soon,
      slotsRefreshTimeout: 500,
      slotsRefreshInterval: 1_000,
      maxRedirections: 3,
      // With a delay ioredis would carry out what the caller has given up, on whichever node comes next.
      ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0, retryDelayOnTryAgain: 0 },
    });
  }
  if (config.REDIS_SENTINELS) {
    return new Client({
      ...alone,
      ...identity,
      sentinels: [...config.REDIS_SENTINELS],
      name: config.REDIS_SENTINEL_NAME,
      role: 'master',
      failoverDetector: true,
      sentinelRetryStrategy: soon,
      sentinelCommandTimeout: 500,
      ...(config.REDIS_SENTINEL_PASSWORD ? { sentinelPassword: config.REDIS_SENTINEL_PASSWORD } : {}),
      ...(config.REDIS_TLS === 'on' ? { sentinelTLS: ca, enableTLSForSentinelMode: true } : {}),
    });
  }
  if (!config.REDIS_URL) return undefined;
  const tls = config.REDIS_URL.startsWith('rediss:') ? { tls: ca } : {};
  return new Client(config.REDIS_URL, { ...alone, ...tls });
}
