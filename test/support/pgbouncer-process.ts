// A PgBouncer process with its default configuration except the mode, for tests and scripts.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFromDebian } from './debian.js';
import { dieWithParent } from './redis-process.js';

const answers = () => spawnSync('pgbouncer', ['--version']).status === 0;

/** From the PATH, or Debian's if it may be installed. */
export const hasPgBouncer = answers() || (installFromDebian('pgbouncer') && answers());

export type PoolMode = 'session' | 'transaction';

/**
 * @param urls of one server, one for each role
 * @param settings lines of `pgbouncer.ini`
 */
export async function launchPgBouncer(
  mode: PoolMode,
  urls: readonly string[],
  settings: readonly string[] = [],
): Promise<{ address: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-pgbouncer-'));
  const server = new URL(urls[0] ?? '');
  const port = await freePort();
  const password = (url: URL) => decodeURIComponent(url.password).replaceAll('"', '""');
  writeFileSync(
    join(folder, 'users.txt'),
    urls.map((url) => `"${new URL(url).username}" "${password(new URL(url))}"\n`).join(''),
  );
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = md5
auth_file = ${join(folder, 'users.txt')}
pool_mode = ${mode}
${settings.join('\n')}
`,
  );
  // It refuses to run as root, so another user must be able to read these files.
  chmodSync(folder, 0o755);
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const [command, ...args] = [...dieWithParent(), 'pgbouncer'];
  const pooler = spawn(command, [...args, ...user, join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = async () => {
    await ended(pooler);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilListening(pooler);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: `127.0.0.1:${port}`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

function untilListening(pooler: ChildProcess): Promise<void> {
  let log = '';
  return new Promise((ready, fail) => {
    pooler.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('process up')) ready();
    });
    pooler.on('error', fail);
    pooler.on('exit', (code) => fail(new Error(`PgBouncer ended with ${code}: ${log}`)));
  });
}

async function ended(pooler: ChildProcess): Promise<void> {
  if (pooler.exitCode !== null || pooler.signalCode !== null || pooler.pid === undefined) return;
  const exit = new Promise((done) => pooler.once('exit', done));
  pooler.kill('SIGQUIT');
  await exit;
}
