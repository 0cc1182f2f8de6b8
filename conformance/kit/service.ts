// The real service as a process of its own, so that it can be restarted and killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dieWithParent } from '../../test/support/redis-process.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** A first start compiles the sources. */
const READY_WITHIN_MS = 180_000;

export class ServiceProcess {
  private child: ChildProcess | undefined;
  private output = '';

  constructor(
    readonly port: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = this.spawn([]);
    this.child = child;
    for (const endAt = performance.now() + READY_WITHIN_MS; performance.now() < endAt; await sleep(50)) {
      if (child.exitCode !== null) break;
      const ready = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (ready?.ok) return;
    }
    throw new Error(`The service does not start:\n${this.output}`);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await exited;
    clearTimeout(timer);
  }

  /** Runs a command of the operator. */
  async operate(...args: readonly string[]): Promise<Record<string, unknown>> {
    const child = this.spawn(['cli', ...args, '--json']);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((done) => child.once('close', done));
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${said}`);
    return JSON.parse(said) as Record<string, unknown>;
  }

  private spawn(args: readonly string[]): ChildProcess {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...this.settings, PORT: String(this.port) };
    // start.cjs becomes the program, so a signal reaches it. On Linux it does not outlive a kit that is killed.
    const [command = '', ...rest] = [...dieWithParent(), process.execPath, 'scripts/start.cjs', ...args];
    const child = spawn(command, rest, { cwd: root, env, stdio: 'pipe' });
    child.stdin.end();
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-8_000)));
    return child;
  }
}

export const freePort = () =>
  new Promise<number>((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
