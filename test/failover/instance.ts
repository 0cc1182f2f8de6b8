// An instance of the service, as it is started in production, whose log is read.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { dieWithParent } from '../support/redis-process.js';
import { environment } from './programs.js';

const READY_WITHIN_MS = 120_000;

export class Instance {
  private child: ChildProcess | undefined;
  private rest = '';
  /** The last lines, for whoever looks for the cause of a failure. */
  readonly tail: string[] = [];

  constructor(
    readonly name: string,
    readonly port: number,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly onLine: (line: Record<string, unknown>) => void,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const [command, ...args] = [...dieWithParent(), process.execPath];
    const env = { ...environment, ...this.settings, PORT: String(this.port) };
    const child = spawn(command, [...args, 'scripts/start.cjs'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => this.read(chunk));
    for (const endAt = performance.now() + READY_WITHIN_MS; performance.now() < endAt; await sleep(100)) {
      if (child.exitCode !== null) break;
      if (await this.isReady()) return;
    }
    throw new Error(`${this.name} does not start:\n${this.tail.join('\n')}`);
  }

  async isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(3_000);
    return fetch(`${this.url}/health/ready`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  private read(chunk: Buffer): void {
    const lines = (this.rest + chunk.toString()).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      this.tail.push(line);
      if (this.tail.length > 200) this.tail.shift();
      if (line.startsWith('{')) this.onLine(JSON.parse(line) as Record<string, unknown>);
    }
  }
}
