// The services and the app of examples/, started as a newcomer starts them: from a copy with the packages as published.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { callOther } from './client.js';
import { freePort } from './process.js';
import { until } from './until.js';

/** @returns a folder with the examples, what the project has installed, and the built packages; remove it in the end */
export function copyOfExamples(packages: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-examples-'));
  for (const part of ['packages', 'examples', 'tsconfig.json'])
    cpSync(part, join(folder, part), { recursive: true, filter: (file) => !/node_modules|\/(dist|built)$/.test(file) });
  const [installed, modules] = [join(process.cwd(), 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(join(modules, '@watchword'), { recursive: true });
  const others = readdirSync(installed).filter((name) => name !== '@watchword');
  for (const name of others) symlinkSync(join(installed, name), join(modules, name));
  for (const name of packages) {
    symlinkSync(join(folder, 'packages', name), join(modules, '@watchword', name));
    execFileSync(process.execPath, [join(folder, 'packages', name, 'build.mjs')]);
  }
  return folder;
}

export const removed = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

export interface Example {
  readonly url: string;
  /** It must end by itself. */
  readonly stop: () => Promise<void>;
}

/** @returns its address; stopped when the test ends */
export async function startExample(folder: string, name: string, issuer: string): Promise<string> {
  const example = await exampleOf(folder, name, issuer, await freePort());
  onTestFinished(example.stop);
  return example.url;
}

export async function exampleOf(folder: string, name: string, issuer: string, port: number): Promise<Example> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: folder, ISSUER: issuer, PORT: String(port) };
  const child: ChildProcess = spawn('npm', ['start'], { cwd: join(folder, 'examples', name), env, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async () => {
    const end = (signal: NodeJS.Signals) => child.exitCode ?? process.kill(-child.pid!, signal);
    end('SIGTERM');
    const isOver = await Promise.race([exited.then(() => true), sleep(10_000).then(() => false)]);
    if (!isOver) end('SIGKILL');
    expect([name, isOver, output]).toEqual([name, true, expect.any(String)]);
  };
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    callOther(url, 'GET', '/').then(
      ({ status }) => status === 200,
      () => false,
    );
  try {
    await until(`${name} answers or ends`, async () => child.exitCode !== null || answers(), 30_000);
    if (child.exitCode !== null) throw new Error(output);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
