// One process of the client under test: lines go to its standard input, lines come from its standard output.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ClientEvent, type Command, ProtocolError, readLine, type Reply } from './protocol.js';

/** A client that has not answered by then hangs: its call counts as one without an answer. */
const PATIENCE_MS = 45_000;

export const NO_ANSWER = `no answer within ${PATIENCE_MS / 1000} s`;

/** The kit killed the process before it answered. */
export class Killed extends Error {}

interface Waiting {
  readonly line: string;
  readonly done: (reply: Reply) => void;
  readonly fail: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class ClientProcess {
  readonly events: ClientEvent[] = [];
  readonly exited: Promise<void>;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Map<number, Waiting>();
  /** Whatever the kit no longer waits for. */
  private readonly overdue = new Set<number>();
  private isKilled = false;
  private isEnding = false;
  private wrong: ProtocolError | undefined;
  private errors = '';
  private ids = 0;

  constructor(
    /** Run by a shell. */
    command: string,
    private readonly onEvent: (event: ClientEvent) => void,
  ) {
    // A group of its own: the kill reaches the program behind the shell.
    this.child = spawn(command, { shell: true, detached: true, stdio: 'pipe' });
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-4_000)));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.take(line));
    this.exited = new Promise((done) => this.child.once('close', () => done(this.leave())));
    this.child.once('error', (error) => this.refuse(new ProtocolError(`the client cannot be started`, error.message)));
  }

  /**
   * @throws Killed
   * @throws ProtocolError
   */
  ask(command: Command): Promise<Reply> {
    if (this.wrong) return Promise.reject(this.wrong);
    if (this.isKilled) return Promise.reject(new Killed());
    const id = ++this.ids;
    const line = JSON.stringify({ id, ...command });
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        if (command.do === 'start' || command.do === 'time') return this.refuse(new ProtocolError(NO_ANSWER, line));
        this.waiting.delete(id);
        this.overdue.add(id);
        done({ id, error: NO_ANSWER });
      }, PATIENCE_MS);
      this.waiting.set(id, { line, done, fail, timer });
      this.child.stdin.write(`${line}\n`);
    });
  }

  /** SIGKILL: the process runs no more code. */
  async kill(): Promise<void> {
    this.isKilled = true;
    this.signal('SIGKILL');
    await this.exited;
  }

  /** The end of its standard input asks the client to leave. */
  async end(): Promise<void> {
    this.isEnding = true;
    this.child.stdin.end();
    const timer = setTimeout(() => this.signal('SIGKILL'), 2_000);
    await this.exited;
    clearTimeout(timer);
  }

  /** SIGSTOP: as a system freezes an app in the background. It runs no code until SIGCONT. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    } catch {
      // It is gone.
    }
  }

  private take(line: string): void {
    if (this.isKilled || line.trim() === '') return;
    try {
      const said = readLine(line);
      if ('event' in said) {
        this.events.push(said);
        return this.onEvent(said);
      }
      if (this.overdue.delete(said.id)) return;
      const waiting = this.waiting.get(said.id);
      if (!waiting) throw new ProtocolError('an answer to nothing that was asked', line);
      this.waiting.delete(said.id);
      clearTimeout(waiting.timer);
      waiting.done(said);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.refuse(error);
    }
  }

  private refuse(error: ProtocolError): void {
    this.wrong ??= error;
    this.rejectAll(error);
  }

  private leave(): void {
    if (this.isKilled || this.isEnding) return this.rejectAll(new Killed());
    const [first] = this.waiting.values();
    const said = this.errors === '' ? 'nothing on its standard error' : this.errors.trim();
    this.refuse(new ProtocolError(`the client ended by itself: ${said}`, first?.line ?? 'between two lines'));
  }

  private rejectAll(error: Error): void {
    for (const { fail, timer } of this.waiting.values()) {
      clearTimeout(timer);
      fail(error);
    }
    this.waiting.clear();
  }
}
