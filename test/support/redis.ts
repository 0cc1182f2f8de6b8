// A real Redis server for one test, on loopback, that can be killed, stopped, restarted and queried.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { loopbackCertificate, tlsArgs } from './certificate.js';
import { dieWithParent, freePort } from './redis-process.js';

export interface StartRedis {
  /** Arguments of redis-server, such as `['--maxmemory', '2mb', '--maxmemory-policy', 'allkeys-lru']`. */
  readonly args?: readonly string[];
  readonly password?: string;
  readonly tls?: boolean;
  readonly port?: number;
  /** For beforeAll: it is not removed when the test ends; its starter calls remove(). */
  readonly isKept?: boolean;
  /** The configuration lines of a Sentinel; they start it as one. */
  readonly sentinel?: readonly string[];
}

/** Writes to disk only on demand: `cli('SAVE')` writes the dump that a restart reads. */
export async function startRedis(options: StartRedis = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const server = new RedisServer(options.port ?? (await freePort()), options);
    if (options.isKept !== true) onTestFinished(() => server.remove());
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.remove();
      if (options.port !== undefined || attempt === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

export class RedisServer {
  readonly host = '127.0.0.1';
  readonly password: string | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'watchword-redis-'));
  readonly #isTls: boolean;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  constructor(
    readonly port: number,
    { args = [], password, tls = false, sentinel }: StartRedis,
  ) {
    this.password = password;
    this.#isTls = tls;
    const given = [
      ...(tls ? tlsArgs(this.#folder, port) : ['--port', `${port}`]),
      ...this.#secured(sentinel !== undefined),
    ];
    const always = ['--bind', this.host, '--dir', this.#folder, '--logfile', this.#path('log')];
    if (sentinel === undefined) this.#args = [...serverArgs, ...always, ...given, ...args];
    else {
      writeFileSync(this.#path('sentinel.conf'), `${sentinel.join('\n')}\n`);
      this.#args = [this.#path('sentinel.conf'), '--sentinel', ...always, ...given, ...args];
    }
  }

  /** For REDIS_URL. */
  get url(): string {
    const secret = this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`;
    return `${this.#isTls ? 'rediss' : 'redis'}://${secret}${this.host}:${this.port}`;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** PEM, also as a file for NODE_EXTRA_CA_CERTS; only with TLS. */
  get ca(): string {
    return loopbackCertificate().ca;
  }

  get caFile(): string {
    return this.#path('ca.crt');
  }

  get pid(): number {
    if (!this.isRunning || this.#process?.pid === undefined) throw new Error(`nothing runs on ${this.port}`);
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get log(): string {
    return existsSync(this.#path('log')) ? readFileSync(this.#path('log'), 'utf8') : '';
  }

  /** Runs one command on a new connection. */
  async cli(...command: [string, ...(string | number)[]]): Promise<any> {
    const client = new Redis({
      ...{ host: this.host, port: this.port, password: this.password, ...(this.#isTls && { tls: { ca: this.ca } }) },
      ...{ lazyConnect: true, enableReadyCheck: false, retryStrategy: null, disableClientInfo: true },
      ...{ connectTimeout: 5_000, commandTimeout: 20_000 },
    });
    let cause: unknown;
    client.on('error', (error) => (cause = error));
    try {
      await client.connect();
      return await client.call(...command);
    } catch (error) {
      throw cause ?? error;
    } finally {
      client.disconnect();
    }
  }

  /** A field of INFO, such as run_id, role or master_link_status. */
  async info(field: string): Promise<string | undefined> {
    const text = String(await this.cli('INFO'));
    return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(text)?.[1];
  }

  async runId(): Promise<string> {
    return (await this.info('run_id')) ?? '';
  }

  async start(extra: readonly string[] = [], { untilLoaded = true } = {}): Promise<void> {
    const [command = '', ...args] = [...dieWithParent(), inject('redisServer'), ...this.#args, ...extra];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.once('error', (error) => (complaint += error.message));
    for (const giveUpAt = performance.now() + 20_000; performance.now() < giveUpAt; await sleep(10)) {
      if (!this.isRunning || child.pid === undefined) break;
      const info = String(await this.cli('INFO').catch(String));
      const isOurs = info.includes(`process_id:${child.pid}\r`);
      if (isOurs && !(untilLoaded && info.includes('loading:1'))) return;
    }
    await this.kill();
    throw new Error(`redis-server did not start: ${complaint}\n${this.log.split('\n').slice(-8).join('\n')}`);
  }

  /** SIGTERM; nothing is saved. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGSTOP: connections stay open, the system accepts new ones, and requests wait unanswered. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Executes the waiting requests, even if their clients have given up. */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** As after a crash: with the data of its last SAVE, or none if keepData is false, and a new run_id. */
  async restart({ keepData = true } = {}): Promise<void> {
    await this.kill();
    if (!keepData) rmSync(this.#path('dump.rdb'), { force: true });
    await this.start();
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (!this.isRunning || child?.pid === undefined) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    child.kill('SIGCONT');
    await gone;
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  #secured(isSentinel: boolean): string[] {
    if (this.password === undefined) return [];
    return ['--requirepass', this.password, ...(isSentinel ? [] : ['--masterauth', this.password])];
  }
}

const serverArgs = [
  ...['--save', '', '--appendonly', 'no', '--shutdown-timeout', '0', '--enable-debug-command', 'local'],
  ...['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
];
