// The processes of a run, each with all of its descendants in a process namespace of its own: they are stopped, continued
// and killed together, as a machine is, and none outlives the run, even after kill -9.
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { environment } from './programs.js';

const isRoot = process.getuid?.() === 0;
/** PostgreSQL, etcd and PgBouncer refuse root or should not be it. */
export const NOBODY = 65_534;

const inNamespace = [
  ...['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', ...(isRoot ? [] : ['--user', '--map-current-user'])],
  ...['--pid', '--fork', '--mount-proc', '--kill-child', '--', 'setpriv', '--pdeathsig', 'KILL'],
  ...(isRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []),
  '--',
];

export class Machine {
  private child: ChildProcess | undefined;

  constructor(
    readonly name: string,
    private readonly command: readonly string[],
    private readonly folder: string,
  ) {}

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  get log(): string {
    return text(this.logFile);
  }

  start(): void {
    const [program = '', ...args] = [...inNamespace, ...this.command];
    const out = openSync(this.logFile, 'a');
    const env = { ...environment, HOME: this.folder };
    this.child = spawn(program, args, { cwd: this.folder, env, stdio: ['ignore', out, out] });
    this.child.on('error', () => undefined);
  }

  /** kill -9 of everything that runs on it. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || !this.isRunning) return;
    const gone = new Promise((done) => child.once('exit', done));
    this.signal('SIGKILL');
    child.kill('SIGKILL');
    await gone;
  }

  /** To everything that runs on it; kill -9 of its first process ends the others. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    for (const pid of this.pids()) send(pid, signal);
  }

  /** kill -9 of the PostgreSQL server itself; its backends end when they notice. */
  killPostgres(data: string): void {
    for (const pid of this.pids())
      if (argument(pid, 0).endsWith('/postgres') && argument(pid, 2) === data) send(pid, 'SIGKILL');
  }

  private get logFile(): string {
    return `${this.folder}/${this.name}.log`;
  }

  private pids(): number[] {
    const namespace = this.child?.pid === undefined ? '' : namespaceFor(this.child.pid);
    if (namespace === '' || namespace === namespaceOf(process.pid)) return [];
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.map(Number).filter((pid) => namespaceOf(pid) === namespace);
  }
}

const namespaceOf = (pid: number) => link(`/proc/${pid}/ns/pid`);
const namespaceFor = (pid: number) => link(`/proc/${pid}/ns/pid_for_children`);
const argument = (pid: number, at: number) => text(`/proc/${pid}/cmdline`).split('\0')[at] ?? '';

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // it has ended
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
