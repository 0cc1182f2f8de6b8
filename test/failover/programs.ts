// The programs of a fail-over run: Debian's, installed where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { installFromDebian } from '../support/debian.js';

const PACKAGES = ['patroni', 'python3-etcd', 'etcd-server', 'haproxy', 'postgresql-15', 'redis-server'];
const ROOT = '/usr/lib/postgresql';

/** @returns the folder of PostgreSQL's programs */
export function findPrograms(): string {
  if (process.platform !== 'linux') throw new Error('A fail-over run needs Linux.');
  const missing = missingPrograms();
  if (missing.length > 0) {
    // Debian's package makes a cluster and starts it, unless this is set; the policy forbids the start as well.
    installFromDebian(...PACKAGES);
    const still = missingPrograms();
    if (still.length > 0)
      throw new Error(`${still.join(', ')} not found: run "apt-get install ${PACKAGES.join(' ')}" as root.`);
  }
  return binaries() ?? '';
}

function missingPrograms(): string[] {
  const programs = ['patroni', 'patronictl', 'etcd', 'haproxy', 'redis-server', 'psql', 'setpriv', 'unshare'];
  const absent = programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`], { env }).status !== 0);
  return binaries() === undefined ? [...absent, 'postgres'] : absent;
}

function binaries(): string | undefined {
  if (!existsSync(ROOT)) return undefined;
  const [newest] = readdirSync(ROOT).toSorted((a, b) => Number(b) - Number(a));
  const folder = `${ROOT}/${newest ?? ''}/bin`;
  return existsSync(`${folder}/postgres`) ? folder : undefined;
}

/** HAProxy is in a folder that not every user has on the path. */
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
export const environment: Readonly<Record<string, string>> = { PATH: env.PATH, LANG: 'C.UTF-8' };
