// A person's device: one storage, and one or two processes of the client that share it.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ClientProcess, Killed } from './client-process.js';
import { type Command, ProtocolError, type Reply, type Transport } from './protocol.js';
import type { Stage } from './stage.js';

export interface ClientChoice {
  readonly command: string;
  readonly transport: Transport;
}

interface Call {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number | undefined;
  readonly error: string | undefined;
}

/** The place of one process, which may be killed and started again. */
export class Slot {
  readonly calls: Call[] = [];
  /** The codes of the `ended` events since the sign-in. */
  readonly ends: { readonly at: number; readonly code: string | undefined }[] = [];
  /** Nobody uses it: it is not called. */
  isIdle = false;
  private process: ClientProcess | undefined;
  private offsetSeconds = 0;

  constructor(
    private readonly device: Device,
    readonly name: string,
  ) {}

  async start(): Promise<void> {
    const { client, stage, storage } = this.device;
    this.process = new ClientProcess(client.command, ({ event, code }) => {
      if (event === 'ended') this.ends.push({ at: performance.now(), code });
    });
    await this.must({ do: 'start', issuer: stage.proxy.url, storage, transport: client.transport });
    if (this.offsetSeconds !== 0) await this.setTime(this.offsetSeconds);
  }

  ask(command: Command): Promise<Reply> {
    return this.process?.ask(command) ?? Promise.reject(new Killed());
  }

  /** @returns whether the client can */
  async setTime(offsetSeconds: number): Promise<boolean> {
    this.offsetSeconds = offsetSeconds;
    return (await this.ask({ do: 'time', offsetSeconds })).error !== 'unsupported';
  }

  /** @returns the status; undefined where there was no answer, or the process was killed */
  async call(path = '/auth/me'): Promise<number | undefined> {
    const startedAt = performance.now();
    try {
      const { status, error } = await this.ask({ do: 'call', path });
      this.calls.push({ startedAt, endedAt: performance.now(), status, error });
      return status;
    } catch (error) {
      if (error instanceof Killed) return undefined;
      throw error;
    }
  }

  /** As by the system when the memory is short: at any moment, without a notice. */
  async kill(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    await process?.kill();
  }

  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.process?.signal('SIGCONT');
  }

  async end(): Promise<void> {
    await this.process?.end();
  }

  /** @throws ProtocolError unless it says that it is done */
  async must(command: Command): Promise<Reply> {
    const reply = await this.ask(command);
    const { ok, status = 0 } = reply;
    if (!ok && (status < 200 || status > 299))
      throw new ProtocolError(`\`${command.do}\` did not succeed`, JSON.stringify(reply));
    return reply;
  }
}

export class Device {
  readonly person = {
    email: `${randomUUID()}@example.com`,
    password: `a passphrase of ${randomBytes(8).toString('hex')}`,
  };
  readonly storage: string;
  readonly slots: readonly Slot[];
  userId = '';
  sessionId = '';
  signedInAt = 0;

  constructor(
    readonly stage: Stage,
    readonly client: ClientChoice,
    readonly name: string,
    processes: number,
  ) {
    this.storage = join(stage.folder, 'storage', randomUUID());
    mkdirSync(this.storage, { recursive: true, mode: 0o700 });
    this.slots = Array.from({ length: processes }, (_, index) => {
      const which = processes === 1 ? '' : `, process ${index + 1} of ${processes}`;
      return new Slot(this, name + which);
    });
    stage.ledger.secrets.add(this.person.password);
  }

  get first(): Slot {
    return this.slots[0] as Slot;
  }

  /** The first process signs in; the others start afterwards, and find the session in the storage. */
  async begin(): Promise<void> {
    await this.register();
    await this.first.start();
    await this.signIn();
    for (const slot of this.slots.slice(1)) await slot.start();
  }

  async register(): Promise<void> {
    const { user } = await this.direct<{ user: { id: string } }>('POST', '/auth/register', this.person);
    this.userId = user.id;
  }

  async signIn(): Promise<void> {
    await this.first.must({ do: 'sign-in', ...this.person });
    const row = (await this.sessions()).find(({ revoked }) => !revoked);
    if (!row) throw new ProtocolError('`sign-in` succeeded, and the service has no session', 'sign-in');
    this.sessionId = row.id;
    this.signedInAt = performance.now();
  }

  async sessions(): Promise<{ id: string; revoked: boolean; revoked_reason: string | null }[]> {
    const { rows } = await this.stage.database.query<{ id: string; revoked: boolean; revoked_reason: string | null }>(
      'SELECT id, revoked, revoked_reason FROM refresh_tokens WHERE user_id = $1 ORDER BY created_at',
      [this.userId],
    );
    return rows;
  }

  /** A request of the kit's own, past the client and the faulty network. */
  async direct<T = unknown>(method: string, path: string, body?: unknown, accessToken?: string): Promise<T> {
    const answer = await fetch(this.stage.service.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async end(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.end()));
  }
}
