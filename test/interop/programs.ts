// Starts the programs of others: servers that protect a resource, and programs that read a token from each line.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { bearer, callOther } from '../support/client.js';
import type { Verify } from './verifier.js';

/** A folder that a program of another user may enter; removed when the test ends. */
export function folderFor(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `watchword-${name}-`));
  execFileSync('chmod', ['755', folder]);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function startChild(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  child.stdin?.on('error', () => undefined); // it may have ended before
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(5_000).then(() => child.kill('SIGKILL'))]);
  });
  return child;
}

/** Starts a server and waits until it listens; what it wrote is shown when it does not. */
export async function startServer(
  port: number,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const child = startChild(command, args, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const answers = () => callOther(`http://127.0.0.1:${port}`, 'GET', '/').then(Boolean, () => false);
  for (let waited = 0; waited < 20_000; waited += 100) {
    if (await answers()) return;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`${command} does not listen: ${output}`);
}

/** A resource of somebody else's: 200 for a good token. */
export const resource =
  (port: number): Verify =>
  async (token) => {
    const answer = await callOther(`http://127.0.0.1:${port}`, 'GET', '/resource', { headers: bearer(token) });
    return answer.status === 200 ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`;
  };

/** Starts a program that reads a token from each line and answers with a line: `ok`, or why it refuses the token. */
export function startLines(command: string, args: readonly string[], env: Record<string, string> = {}): Verify {
  const child = startChild(command, args, env);
  let problem = '';
  child.stderr?.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  const waiting: { done: (line: string) => void; fail: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => waiting.shift()?.done(line));
  const failAll = (why: unknown) => {
    for (const { fail } of waiting.splice(0)) fail(new Error(`${command} ended: ${String(why)} ${problem}`));
  };
  child.once('error', failAll).once('close', failAll);
  return async (token) => {
    const line = await new Promise<string>((done, fail) => {
      if (child.exitCode !== null) return fail(new Error(`${command} has ended: ${problem}`));
      waiting.push({ done, fail });
      child.stdin?.write(`${token}\n`);
    });
    return line === 'ok' ? undefined : line;
  };
}

/** @returns the port of an application of this process */
export async function listen(application: RequestListener): Promise<number> {
  const server = createServer(application);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as { port: number }).port;
}
