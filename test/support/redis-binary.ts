// Finds a real Redis server for the tests: by a variable, on the PATH, or Debian's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installFromDebian } from './debian.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The program; `--sentinel` starts it as a Sentinel. */
    redisServer: string;
  }
}

const OLDEST = 7;

/** Runs before any worker starts, so that no two workers install at once. */
export default function setup(project: TestProject): (() => void) | undefined {
  const named = process.env['REDIS_SERVER'];
  if (named !== undefined && named !== '') {
    const found = oneThatWorks([named]);
    if (found === undefined) throw new Error(`REDIS_SERVER is no Redis ${OLDEST} or newer, and no Valkey: ${named}`);
    project.provide('redisServer', found);
    return undefined;
  }
  const found = oneThatWorks(['redis-server', 'valkey-server']);
  if (found !== undefined) {
    project.provide('redisServer', found);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'watchword-redis-bin-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const link = join(folder, 'redis-server');
  symlinkSync('/usr/bin/redis-check-rdb', link);
  // redis-tools contains the server, too, as redis-check-rdb: the same program is a server under the name redis-server.
  const linked = oneThatWorks([link]) ?? (installFromDebian('redis-tools') ? oneThatWorks([link]) : undefined);
  if (linked === undefined) {
    remove();
    throw new Error(advice());
  }
  project.provide('redisServer', linked);
  return remove;
}

/** Runs it with --version, which also shows that its libraries are installed. */
function oneThatWorks(programs: readonly string[]): string | undefined {
  return programs.find((program) => {
    const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    return status === 0 && Number(/\bv=(\d+)/.exec(stdout)?.[1]) >= OLDEST;
  });
}

function advice(): string {
  const otherwise = `or set REDIS_SERVER to the program of a Redis ${OLDEST} or newer, or of a Valkey.`;
  switch (process.platform) {
    case 'darwin':
      return `The tests need a real Redis: run "brew install redis", ${otherwise}`;
    case 'win32':
      return 'The tests need a real Redis, which does not run on Windows: run them in WSL with redis-server installed.';
    default:
      return `The tests need a real Redis: install redis-server or valkey-server with your package manager, ${otherwise}`;
  }
}
