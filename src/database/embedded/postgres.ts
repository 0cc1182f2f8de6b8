// Gives a machine without PostgreSQL one: starts it, starts it again when it dies, and stops it.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../telemetry/log.js';
import { environment, initialise, usableBinaries } from './binaries.js';
import { type Endpoint, makeServiceRole, ownerPassword, type Urls, urlsOf } from './roles.js';
import { openRunFolder } from './run-folder.js';
import { freePort, hasEnded, isOurPostgres, stop, waitUntilFree, waitUntilReady } from './server.js';
import { handOver, keepUntilParentDies, takeFromNobody, takeFromRoot, userFor } from './user.js';
import { holdFolder } from './folder-lock.js';

export interface EmbeddedPostgres extends Urls {
  stop(): Promise<void>;
}

interface Options {
  /** Folder for data, passwords and log; made if missing. */
  readonly folder: string;
  /** Extra server settings, such as `fsync=off` for tests. */
  readonly settings?: readonly string[];
  /** Listen on a free port of loopback instead of a socket, for programs that know no sockets. */
  readonly overTcp?: boolean;
  readonly log?: Log;
}

/**
 * Starts PostgreSQL as a user that is not root, behind a socket that only this user and root can
 * open. It dies with this process, even after kill -9 (on Linux).
 */
export async function startEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  const { settings = [], overTcp = process.platform === 'win32', log } = options;
  const home = openHome(options.folder);
  const data = join(home, 'data');
  const release = await holdFolder(home);
  const user = userFor(data);
  const run = openRunFolder(home, user);
  const endpoint: Endpoint = overTcp ? { port: await freePort() } : { port: 5_432, socketFolder: run.sockets };
  const urls = urlsOf(home, endpoint);
  const logFile = join(home, 'log');
  const given = [
    `port=${endpoint.port}`,
    ...[`listen_addresses=${overTcp ? '127.0.0.1' : ''}`, `unix_socket_directories=${endpoint.socketFolder ?? ''}`],
    'unix_socket_permissions=0700',
    ...settings,
  ];
  let isStopping = false;
  let server: ChildProcess | undefined;

  const launch = async (bin: string): Promise<void> => {
    await waitUntilFree(data);
    takeFromRoot(user, data);
    server = spawnServer(bin).on('error', () => undefined);
    await waitUntilReady(server, urls.ownerUrl, logFile);
    server.once('exit', () => void launchAgain(bin));
    if (hasEnded(server)) void launchAgain(bin);
  };
  const launchAgain = async (bin: string): Promise<void> => {
    if (isStopping) return;
    log?.error({ event: 'database.embedded_died' }, 'The embedded PostgreSQL ended by itself; it is started again.');
    await launch(bin).catch(() => sleep(1_000).then(() => launchAgain(bin)));
  };
  const spawnServer = (bin: string): ChildProcess => {
    const folder = handOver(user, data);
    const output = openSync(logFile, 'a', 0o600);
    const [command = '', ...args] = [
      ...keepUntilParentDies(),
      ...[bin, '-D', folder.path, ...given.flatMap((setting) => ['-c', setting])],
    ];
    try {
      return spawn(command, args, {
        ...user,
        stdio: ['ignore', output, output, ...folder.stdio],
        env: environment(bin),
        detached: true, // Ctrl-C in a terminal is for the service, which ends its database last
      });
    } finally {
      folder.close();
      closeSync(output);
    }
  };
  const end = async (): Promise<void> => {
    isStopping = true;
    if (server) await stop(server);
    run.remove();
    release();
  };

  try {
    const bin = await usableBinaries(run, user);
    if (!existsSync(join(data, 'PG_VERSION')))
      initialise({ initdb: bin.initdb, user, run, data, password: ownerPassword(home) });
    await launch(bin.postgres);
    await makeServiceRole(home, urls);
  } catch (error) {
    await end();
    throw error;
  }
  return { ...urls, stop: end };
}

/**
 * @returns how to reach the one that a running service has started from this folder, if there is
 * one.
 */
export function findEmbeddedPostgres(folder: string): Urls | undefined {
  if (!existsSync(folder)) return undefined;
  const home = realpathSync(folder);
  const lock = join(home, 'data', 'postmaster.pid');
  if (!existsSync(lock)) return undefined;
  const [pid, , , port, socketFolder = ''] = readFileSync(lock, 'utf8').split('\n');
  if (!isOurPostgres(Number(pid), join(home, 'data')) || !(Number(port) > 0)) return undefined;
  return urlsOf(home, { port: Number(port), ...(socketFolder === '' ? {} : { socketFolder }) });
}

/**
 * By its real name: through a symbolic link, a second service would not see that the folder is in
 * use.
 */
function openHome(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    accessSync(folder, constants.W_OK);
    const home = realpathSync(folder);
    takeFromNobody([home, join(home, 'password')]);
    return home;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `The database's folder ${resolve(folder)} cannot be written (${code}): set DATA_DIR to one that can, or DATABASE_URL.`,
      { cause },
    );
  }
}
