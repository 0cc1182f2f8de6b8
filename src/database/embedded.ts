// How does a machine without PostgreSQL get one? This starts it, starts it again when it dies, and stops it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../telemetry/log.js';
import { binaries, environment, initialise, unprivileged } from './embedded-binaries.js';
import { holdFolder, inUse, PATIENCE_MS } from './folder-lock.js';

const OWNER = 'watchword';
const SERVICE = 'watchword_service';

interface Urls {
  /** As the role of the service. */
  readonly url: string;
  /** As the role that owns everything. */
  readonly ownerUrl: string;
}

export interface EmbeddedPostgres extends Urls {
  stop(): Promise<void>;
}

interface Options {
  /** Folder for data, password and log; made if missing. */
  readonly folder: string;
  /** Extra server settings, such as `fsync=off` for tests. */
  readonly settings?: readonly string[];
  readonly log?: Log;
}

/** Starts PostgreSQL on a free loopback port. It dies with this process, even after kill -9 (on Linux). */
export async function startEmbeddedPostgres({ folder, settings = [], log }: Options): Promise<EmbeddedPostgres> {
  const home = resolve(folder);
  const data = join(home, 'data');
  mkdirSync(home, { recursive: true });
  await holdFolder(home);
  const bin = await binaries();
  const runAs = unprivileged(home);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(bin.initdb, runAs, home, data, passwordFileOf(home));

  const port = await freePort();
  const urls = urlsOf(home, port);
  const logFile = openSync(join(home, 'log'), 'a');
  const given = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  let isStopping = false;
  let server: ChildProcess;
  const launch = async (): Promise<void> => {
    await waitUntilFree(data);
    const [command = '', ...args] = [
      ...runAs.keepUntilParentDies,
      bin.postgres,
      ...['-D', data, ...given.flatMap((setting) => ['-c', setting])],
    ];
    server = spawn(command, args, {
      stdio: ['ignore', logFile, logFile],
      env: environment(bin.postgres),
      detached: true, // Ctrl-C in a terminal is for the service, which ends its database last
    });
    await waitUntilReady(server, urls.ownerUrl, join(home, 'log'));
    server.once('exit', () => void launchAgain());
    if (hasEnded(server)) void launchAgain();
  };
  const launchAgain = async (): Promise<void> => {
    if (isStopping) return;
    log?.error({ event: 'database.embedded_died' }, 'The embedded PostgreSQL ended by itself; it is started again.');
    await launch().catch(() => sleep(1_000).then(launchAgain));
  };
  await launch();
  await makeServiceRole(urls.ownerUrl, readFileSync(passwordFileOf(home), 'utf8').trim());
  return {
    ...urls,
    stop: () => {
      isStopping = true;
      return stop(server);
    },
  };
}

/** @returns how to reach the one that a running service has started from this folder, if there is one. */
export function findEmbeddedPostgres(folder: string): Urls | undefined {
  const home = resolve(folder);
  const lock = join(home, 'data', 'postmaster.pid');
  if (!existsSync(lock)) return undefined;
  const [pid, , , port] = readFileSync(lock, 'utf8').split('\n');
  return isOurPostgres(Number(pid), join(home, 'data')) && Number(port) > 0 ? urlsOf(home, Number(port)) : undefined;
}

const passwordFileOf = (home: string) => join(home, 'password');

function urlsOf(home: string, port: number): Urls {
  const password = readFileSync(passwordFileOf(home), 'utf8').trim();
  const as = (role: string) => `postgres://${role}:${password}@127.0.0.1:${port}/postgres`;
  return { url: as(SERVICE), ownerUrl: as(OWNER) };
}

/** The service works with rows and owns nothing, here as in production. */
async function makeServiceRole(ownerUrl: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [SERVICE]);
    if (found.rowCount === 0)
      await client.query(`CREATE ROLE ${SERVICE} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
}

/** After a kill the old server may still be closing; a live one that belongs to somebody else is left alone. */
async function waitUntilFree(data: string): Promise<void> {
  const lock = join(data, 'postmaster.pid');
  for (let waited = 0; existsSync(lock); waited += 100) {
    const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
    if (!isOurPostgres(pid, data)) return rmSync(lock, { force: true });
    if (waited >= PATIENCE_MS) throw new Error(inUse(dirname(data)));
    await sleep(100);
  }
}

function isOurPostgres(pid: number, data: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (!existsSync('/proc/self')) return isAlive(pid);
  try {
    return (
      readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres') && readlinkSync(`/proc/${pid}/cwd`) === data
    );
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

async function waitUntilReady(server: ChildProcess, url: string, logFile: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (hasEnded(server)) break;
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await client.end().catch(() => undefined);
      await sleep(50);
    }
  }
  const lastLines = readFileSync(logFile, 'utf8').split('\n').slice(-6).join('\n');
  throw new Error(`The embedded PostgreSQL did not start. The end of ${logFile}:\n${lastLines}`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const gone = new Promise<void>((done) => server.once('exit', () => done()));
  server.kill('SIGINT');
  const insist = setTimeout(() => server.kill('SIGQUIT'), 5_000);
  await gone;
  clearTimeout(insist);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
      .once('error', fail)
      .listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as { port: number };
        probe.close(() => done(port));
      });
  });
}
