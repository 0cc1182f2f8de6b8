// Runs the service as a separate process in a separate checkout, as users start it.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { call } from './client.js';
import { leaksIn, withoutPrintedMails } from './leaks.js';
import { noteGiven } from './met.js';

const program = ['drizzle', 'scripts', 'package.json'];
const sources = [
  ...['src', 'packages/contract', 'packages/client', 'web'],
  ...['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
];

/**
 * @param what `built`: as in an image, without sources. `sources`: without a build, as after a clone. There are never data
 *   or keys.
 */
export function checkout(what: 'built' | 'sources' = 'built'): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-run-'));
  const parts = what === 'built' ? ['dist/bundle'] : sources; // test/support/built.ts has built it
  for (const part of [...program, ...parts]) cpSync(part, join(folder, part), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  onTestFinished(() => {
    const record = join(folder, '.data/postgres/run-folder'); // left over if the service was killed
    if (existsSync(record)) rmSync(readFileSync(record, 'utf8'), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

export interface Run {
  readonly url: string;
  readonly process: ChildProcess;
  output(): string;
  stdout(): string;
  stderr(): string;
  /** Waits for the log line of the event. */
  events(name: string): Record<string, any>[];
  exited: Promise<number | null>;
}

interface Start {
  readonly settings?: Record<string, string>;
  /** The arguments of `scripts/start.cjs`, such as `cli migrate`. */
  readonly args?: readonly string[];
  /** Its standard input. */
  readonly input?: string;
}

export async function start(folder: string, { settings = {}, args = [], input }: Start = {}): Promise<Run> {
  const port = Number(settings['PORT']) || (await freePort());
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PORT: String(port),
    SIGNING_KEY_BITS: '2048',
    RATE_LIMITS: 'off',
    ...settings,
  };
  noteGiven(settings);
  const child = spawn(process.execPath, ['scripts/start.cjs', ...args], {
    cwd: folder,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // it may have exited before
  child.stdin.end(input);
  let [output, stdout, stderr] = ['', '', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    stderr += chunk.toString();
  });
  const exited = new Promise<number | null>((done) => child.once('close', done));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    await sleep(300);
    expect(leaksIn(unprinted(output))).toEqual([]);
  });
  const events = (name: string) =>
    output
      .split('\n')
      .filter((line) => line.includes(`"event":"${name}"`))
      .map((line) => JSON.parse(line) as Record<string, any>);
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    output: () => output,
    stdout: () => stdout,
    stderr: () => stderr,
    events,
    exited,
  };
}

/** The output without the mails that a development prints. */
function unprinted(output: string): string {
  const isMail = (line: string) => line.startsWith('{') && line.includes('"event":"mail.printed"');
  const [mails, others] = [output.split('\n').filter(isMail), output.split('\n').filter((line) => !isMail(line))];
  withoutPrintedMails(mails.map((line) => JSON.parse(line) as Record<string, unknown>));
  return others.join('\n');
}

export async function untilReady(run: Run): Promise<Run> {
  for (let waited = 0; waited < 200_000; waited += 50) {
    const ready = await call(run.url, 'GET', '/health/ready').catch(() => undefined);
    if (ready?.status === 200) return run;
    if (run.process.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error(`not ready: ${run.output()}`);
}

/** Runs a command to its end. */
export async function command(
  folder: string,
  args: readonly string[],
  settings: Record<string, string> = {},
  input = '',
) {
  const run = await start(folder, { args, settings, input });
  const code = await run.exited;
  return { code, output: run.output(), stdout: run.stdout(), stderr: run.stderr() };
}

export const freePort = () =>
  new Promise<number>((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
