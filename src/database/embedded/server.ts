// The server's process and its lock file: whose it is, whether it answers, and how it ends.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inUse, PATIENCE_MS } from './folder-lock.js';

/**
 * After a kill the old server may still be closing; a live one that belongs to another user is left
 * alone.
 */
export async function waitUntilFree(data: string): Promise<void> {
  const lock = join(data, 'postmaster.pid');
  for (let waited = 0; existsSync(lock); waited += 100) {
    const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
    if (!isOurPostgres(pid, data)) return rmSync(lock, { force: true });
    if (waited >= PATIENCE_MS) throw new Error(inUse(dirname(data)));
    await sleep(100);
  }
}

export function isOurPostgres(pid: number, data: string): boolean {
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

export const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

export async function waitUntilReady(server: ChildProcess, url: string, logFile: string): Promise<void> {
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

export async function stop(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const gone = new Promise<void>((done) => server.once('exit', () => done()));
  server.kill('SIGINT');
  const insist = setTimeout(() => server.kill('SIGQUIT'), 5_000);
  await gone;
  clearTimeout(insist);
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
      .once('error', fail)
      .listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as { port: number };
        probe.close(() => done(port));
      });
  });
}
