// PostgreSQL from Debian's packages, with its client programs: the npm packages contain only the server.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { installFromDebian } from './debian.js';
import { freePort } from './process.js';
import { until } from './until.js';

const ROOT = '/usr/lib/postgresql';
const NOBODY = 65_534;

export interface DebianPostgres {
  readonly port: number;
  readonly password: string;
  /** The environment for psql, pg_dump and the other programs. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @returns the folder of the newest release's programs; undefined if there is none and none can be installed */
export function debianPrograms(): string | undefined {
  return newest() ?? (installFromDebian('postgresql') ? newest() : undefined);
}

function newest(): string | undefined {
  try {
    const versions = readdirSync(ROOT).toSorted((a, b) => Number(b) - Number(a));
    return versions[0] && join(ROOT, versions[0], 'bin');
  } catch {
    return undefined;
  }
}

/** A server for one test with the superuser `postgres`; stopped when the test ends. */
export async function startDebianPostgres(bin: string): Promise<DebianPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-postgres-'));
  const password = 'test-superuser';
  writeFileSync(join(folder, 'password'), password);
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  if (isRoot) for (const path of [folder, join(folder, 'password')]) chownSync(path, NOBODY, NOBODY);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'];
  const made = spawnSync(join(bin, 'initdb'), [...init, `--pwfile=${join(folder, 'password')}`], {
    ...as,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((each) => ['-c', each])], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    await stop(server);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await until('PostgreSQL answers', () => answers(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`));
  const environment = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres', PGPASSWORD: password };
  return { port, password, environment };
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

async function stop(server: ChildProcess): Promise<void> {
  const gone = new Promise((done) => server.once('exit', done));
  server.kill('SIGINT');
  if (server.exitCode === null && server.signalCode === null) await gone;
}
