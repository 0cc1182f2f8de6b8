// Redis, on two connections: a deletion that waits for replicas must not hold up the checks. The
// client queues nothing while a connection is away.
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import slotOf from 'cluster-key-slot';
import { Cluster, type Redis as Client } from 'ioredis';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { connect } from './connect.js';
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
/** A connection that has not answered for this long counts as dead and is opened again. */
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

  /**
   * ioredis gives up for good when Sentinels tell of a new primary just while it asks them for it.
   */
  private startAgain(client: Client | Cluster): void {
    setTimeout(() => {
      if (!this.isEnding) client.connect().catch(() => undefined); // 'error' was logged, and 'end' follows again
    }, AGAIN_AFTER_MS).unref();
  }

  /** Logs each change once: the client tries to connect twice a second. */
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

  /** For a library that brings its own scripts (limits/limit-stores.ts). */
  get client(): Client | Cluster | undefined {
    return this.checks;
  }

  /** For spans around what they send (tracing/commands.ts). */
  get connections(): readonly (Client | Cluster)[] {
    return [this.checks, this.revocations].filter((client) => client !== undefined);
  }

  get isConfigured(): boolean {
    return this.checks !== undefined;
  }

  get isUp(): boolean {
    return this.checks?.status === 'ready' && this.revocations?.status === 'ready';
  }

  /**
   * Waits a moment for the connections; a Redis that is down does not keep the service from
   * starting.
   */
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

  /**
   * Defines a Lua script, sent once and called by its hash; its one key decides which node of a
   * Cluster runs it.
   */
  define(name: string, lua: string): Script {
    const client = this.checks;
    client?.defineCommand(name, { numberOfKeys: 1, lua });
    return (key, ...args) => scriptsOf(client)[name]?.(key, ...args) ?? Promise.reject(new Error('no Redis'));
  }

  /**
   * A Cluster holds its keys on several servers: a question about many keys would wait for the
   * slowest and fail with any.
   */
  get isParted(): boolean {
    return this.checks instanceof Cluster;
  }

  /**
   * The node of a Cluster that holds a key, as far as it is known; the same for all keys where
   * there is one server.
   */
  serverOf(key: string): string {
    return this.checks instanceof Cluster ? (this.checks.slots[slotOf(key)]?.[0] ?? '') : '';
  }

  /**
   * As `define`, for Lua that answers for many keys, in their order; where the keys are parted, for
   * one.
   */
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
   * Deletes a key and waits until REDIS_MIN_REPLICAS replicas have confirmed it.
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
