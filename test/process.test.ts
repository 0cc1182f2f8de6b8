// The service as its user starts it: one command, an embedded database, and what a kill leaves behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, me, mobile, refresh, type Tokens } from './support/client.js';

/** A checkout of its own: sources, no build, no data, no keys. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-run-'));
  for (const part of ['src', 'drizzle', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(part, join(folder, part), { recursive: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

interface Run {
  readonly url: string;
  readonly process: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

async function start(folder: string, settings: Record<string, string> = {}): Promise<Run> {
  const port = Number(settings['PORT']) || (await freePort());
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PORT: String(port),
    SIGNING_KEY_BITS: '2048',
    RATE_LIMITS: 'off',
    ...settings,
  };
  const child = spawn(process.execPath, ['scripts/start.cjs'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    await sleep(300);
  });
  return { url: `http://127.0.0.1:${port}`, process: child, output: () => output, exited };
}

async function untilReady(run: Run): Promise<Run> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const ready = await call(run.url, 'GET', '/health/ready').catch(() => undefined);
    if (ready?.status === 200) return run;
    if (run.process.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`not ready: ${run.output()}`);
}

const freePort = () =>
  new Promise<number>((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });

describe('npm start', () => {
  it('on a fresh checkout builds, makes keys and a database, and survives kill -9 under load: nobody is logged out', async () => {
    const folder = checkout();
    const first = await untilReady(await start(folder));
    const phones = await Promise.all(Array.from({ length: 6 }, () => mobile(first.url)));
    const held = new Map<string, string>(phones.map((phone) => [phone.session.id, phone.refreshToken]));

    const load = phones.map((phone) => refreshUntilItFails(first.url, phone, held));
    await sleep(700);
    first.process.kill('SIGKILL');
    const rotations = await Promise.all(load);
    expect(Math.min(...rotations)).toBeGreaterThan(0);

    const second = await untilReady(await start(folder, { PORT: new URL(first.url).port }));
    for (const phone of phones) {
      const answer = await refresh(second.url, held.get(phone.session.id) ?? '');
      expect([answer.status, answer.json['code']]).toEqual([200, undefined]);
      expect((await me(second.url, answer.json['accessToken'])).status).toBe(200);
      expect((await me(second.url, phone.accessToken)).status).toBe(200);
    }
    expect(existsSync(join(folder, 'keys', 'key-encryption-key'))).toBe(true);
    expect(second.output()).toMatch(/"event":"service.started".*embedded PostgreSQL/);
    const password = readFileSync(join(folder, '.data/postgres/password'), 'utf8');
    expect(first.output() + second.output()).not.toContain(password);
    second.process.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  }, 120_000);

  it('on SIGTERM turns red, finishes what is in flight, exits with 0 within 10 s, and nobody is logged out', async () => {
    const folder = checkout();
    let run = await untilReady(await start(folder));
    const { port } = new URL(run.url);
    const phones = await Promise.all(Array.from({ length: 4 }, () => mobile(run.url)));
    const held = new Map<string, string>(phones.map((phone) => [phone.session.id, phone.refreshToken]));
    for (let round = 0; round < 2; round++) {
      const load = phones.map((phone) => refreshUntilItFails(run.url, phone, held));
      await sleep(300);
      const stalled = connect(Number(port), '127.0.0.1');
      stalled.on('error', () => undefined);
      stalled.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
      );
      const asked = performance.now();
      run.process.kill('SIGTERM');
      await sleep(200);
      run.process.kill('SIGTERM');
      expect((await call(run.url, 'GET', '/health/ready')).json['code']).toBe('unavailable');
      expect((await call(run.url, 'GET', '/health/live')).status).toBe(200);
      expect(await run.exited).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
      stalled.destroy();
      expect(run.output()).toContain('service.stopped');
      await Promise.all(load);
      run = await untilReady(await start(folder, { PORT: port }));
      for (const phone of phones) {
        const answer = await refresh(run.url, held.get(phone.session.id) ?? '');
        expect([answer.status, answer.json['code']]).toEqual([200, undefined]);
        held.set(phone.session.id, answer.json['refreshToken']);
      }
    }
  }, 120_000);

  it('says every problem of its settings, no value, and exits with 1', async () => {
    const run = await start(process.cwd(), {
      NODE_ENV: 'production',
      PORT: 'x',
      KEY_ENCRYPTION_KEY: 'hunter2',
      PUBLIC_URL: 'http://a.example',
    });
    expect(await run.exited).toBe(1);
    for (const name of ['PORT', 'KEY_ENCRYPTION_KEY', 'PUBLIC_URL', 'DATABASE_URL'])
      expect(run.output()).toContain(`- ${name} `);
    expect(run.output()).not.toContain('hunter2');
  }, 60_000);

  it('twice at once on one checkout builds once and leaves one whole build; the second service is told what to do', async () => {
    const folder = checkout();
    const runs = await Promise.all([start(folder), start(folder)]);
    const outcome = await Promise.race([
      Promise.any(runs.map(untilReady)),
      sleep(90_000).then(() => Promise.reject(new Error(runs.map((run) => run.output()).join('\n---\n')))),
    ]);
    const loser = runs.find((run) => run !== outcome);
    expect(await loser?.exited).toBe(1);
    expect(loser?.output()).toMatch(/Another Watchword uses .*DATA_DIR or DATABASE_URL/);
    expect((await call(outcome.url, 'GET', '/health/ready')).status).toBe(200);
  }, 120_000);
});

/** Refreshes as fast as answers come; remembers the newest token that an answer brought. */
async function refreshUntilItFails(url: string, phone: Tokens, held: Map<string, string>): Promise<number> {
  for (let rotations = 0; rotations < 5_000; rotations++) {
    const answer = await refresh(url, held.get(phone.session.id) ?? '').catch(() => undefined);
    if (answer?.status !== 200) return rotations;
    held.set(phone.session.id, answer.json['refreshToken']);
  }
  return 5_000;
}
