// A proxy for PostgreSQL that can hold or break the connection at a certain statement.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a broken connection loses, and which share of its bytes still passes (below 1). */
export interface Fault {
  readonly loses: 'query' | 'answer';
  readonly share: number;
  readonly how: 'destroy' | 'resetAndDestroy';
}

export interface Pause {
  /** @returns whether the statement has arrived and is held before the awaited promise has settled */
  arrivesDuring(act: Promise<unknown>): Promise<boolean>;
  /** Releases it; if it has not arrived yet, it will pass. */
  release(): void;
}

/** A statement that has arrived and is not executed yet. */
export interface Held {
  readonly statement: string;
  /** Lets it be executed. @returns when it is, with the result where that is known; the answer is held */
  pass(): Promise<unknown>;
  /** Lets the answer through. */
  answer(): void;
}

/** The message that ends an answer. */
const READY_FOR_QUERY = 'Z';

/** An answer that is held back until then. */
interface Delay {
  readonly loses: 'nothing';
  readonly until: () => Promise<void>;
}

/** The pool's own statement: it opens a connection whenever it needs one, which no test can foresee. */
const PREPARES_A_CONNECTION = /SELECT pg_catalog\.set_config\('search_path'/;

interface Trap {
  readonly pattern: RegExp;
  /** The number of matching statements until it springs. */
  left: number;
  readonly spring: (statement: string) => Promise<Fault | Delay | undefined>;
}

/**
 * A pattern is matched with everything that makes up a statement on the wire: its SQL, and behind it the values bound to
 * it. A statement is a simple query, or an extended one up to its Sync; it is forwarded whole or not at all. Neither TLS
 * nor COPY is understood.
 */
export class PostgresProxy {
  /** The number of statements so far. */
  statements = 0;
  private readonly seen = new Map<string, number>();
  private slow: { pattern: RegExp; milliseconds: () => number } | undefined;
  private readonly traps = new Set<Trap>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** The URL of the database through this proxy. */
    readonly url: string,
  ) {}

  static async before(databaseUrl: string): Promise<PostgresProxy> {
    const url = new URL(databaseUrl);
    const target = Number(url.port);
    const server = createServer();
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new PostgresProxy(server, url.href);
    server.on('connection', (near) => proxy.join(near, connect(target, '127.0.0.1')));
    return proxy;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Holds the n-th matching statement from now on, on any connection. */
  pauseBefore(pattern: RegExp, n = 1): Pause {
    return this.hold(pattern, n, (until) => until());
  }

  /** Holds the answer of the n-th matching statement: the database has executed it, and the client does not know. */
  pauseAfter(pattern: RegExp, n = 1): Pause {
    return this.hold(pattern, n, (until) => Promise.resolve({ loses: 'nothing', until }));
  }

  /** Holds every matching statement from now on, and then its answer. */
  holdEach(pattern: RegExp, met: (held: Held) => void): void {
    const [passed, executed, answered] = [signal(), signal(), signal()];
    this.set(pattern, 1, async (statement) => {
      this.holdEach(pattern, met);
      const pass = () => {
        passed.give();
        return executed.given;
      };
      met({ statement, pass, answer: () => answered.give() });
      await passed.given;
      const until = () => {
        executed.give();
        return answered.given;
      };
      return { loses: 'nothing', until };
    });
  }

  /** @param spring receives a wait that reports its start and ends with the release */
  private hold(
    pattern: RegExp,
    n: number,
    spring: (until: () => Promise<undefined>) => ReturnType<Trap['spring']>,
  ): Pause {
    const [arrival, release] = [signal(), signal()];
    const until = () => {
      arrival.give();
      return release.given;
    };
    const trap = this.set(pattern, n, () => spring(until));
    return {
      arrivesDuring: (act) => Promise.race([arrival.given.then(() => true), act.then(() => false)]),
      release: () => {
        this.traps.delete(trap);
        release.give();
      },
    };
  }

  /** Delays every answer to a matching statement from now on. */
  slowDown(pattern: RegExp, milliseconds: () => number): void {
    this.slow = { pattern, milliseconds };
  }

  /** The number of matching statements so far. */
  count(pattern: RegExp): number {
    let count = 0;
    for (const [statement, times] of this.seen) if (pattern.test(statement)) count += times;
    return count;
  }

  /** Breaks the connection of the next statement that matches. */
  break(pattern: RegExp, fault: Fault): { readonly hasHit: boolean } {
    const outcome = { hasHit: false };
    this.set(pattern, 1, () => {
      outcome.hasHit = true;
      return Promise.resolve(fault);
    });
    return outcome;
  }

  private set(pattern: RegExp, left: number, spring: Trap['spring']): Trap {
    const trap = { pattern, left, spring };
    this.traps.add(trap);
    return trap;
  }

  private async meet(statement: string): Promise<Fault | Delay | undefined> {
    if (PREPARES_A_CONNECTION.test(statement)) return undefined;
    this.statements++;
    this.seen.set(statement, (this.seen.get(statement) ?? 0) + 1);
    const matching = [...this.traps].filter(({ pattern }) => pattern.test(statement));
    const sprung = matching.filter((trap) => --trap.left === 0);
    for (const trap of sprung) this.traps.delete(trap);
    if (sprung[0]) return sprung[0].spring(statement);
    const { slow } = this;
    if (!slow?.pattern.test(statement)) return undefined;
    return { loses: 'nothing', until: () => sleep(slow.milliseconds()) };
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
    // Statements may leave before the last is answered. The server's greeting also ends with ReadyForQuery.
    const awaited: (Fault | Delay | undefined)[] = [undefined];
    const cut = async (to: Socket, bytes: Buffer, { share, how }: Fault) => {
      await new Promise((written) => to.write(bytes.subarray(0, Math.floor(share * bytes.length)), written));
      for (const socket of [near, far]) socket[how]();
    };

    const prepared = new PreparedStatements();
    const statements = async () => {
      let batch: Buffer[] = [];
      let text = '';
      for await (const { type, bytes } of messagesOf(near)) {
        batch.push(bytes);
        text += prepared.textOf(type, bytes);
        if (/[PBDEC]/.test(type)) continue; // more messages of an extended query follow, the last one is Sync
        const whole = Buffer.concat(batch);
        const statement = text + whole.toString('latin1');
        [batch, text] = [[], ''];
        const fault = /[QS]/.test(type) ? await this.meet(statement) : undefined;
        if (fault?.loses === 'query') return cut(far, whole, fault);
        if (/[QS]/.test(type)) awaited.push(fault);
        far.write(whole);
      }
    };
    const answers = async () => {
      let held = Buffer.alloc(0);
      for await (const { type, bytes } of messagesOf(far, 1)) {
        held = Buffer.concat([held, bytes]);
        const [fault] = awaited;
        const isEnd = type === READY_FOR_QUERY;
        if (fault && !isEnd) continue;
        if (fault?.loses === 'answer') return cut(near, held, fault);
        if (fault?.loses === 'nothing') await fault.until();
        near.write(held);
        held = Buffer.alloc(0);
        if (isEnd) awaited.shift();
      }
    };
    void answers().catch(() => undefined);
    // A connection that breaks ends the loop.
    void statements().catch(() => undefined);
  }
}

/** Per connection: the text is sent once with a name, and afterwards only the name. */
class PreparedStatements {
  private readonly texts = new Map<string, string>();

  /** @returns the text of the statement, which a Bind does not contain */
  textOf(type: string, bytes: Buffer): string {
    if (type === 'P') {
      const [name = '', text = ''] = bytes.toString('latin1', 5).split('\0', 2);
      if (name !== '') this.texts.set(name, text);
      return '';
    }
    if (type !== 'B') return '';
    const [, name = ''] = bytes.toString('latin1', 5).split('\0', 2);
    return this.texts.get(name) ?? '';
  }
}

export function signal() {
  let give = () => {};
  const given = new Promise<undefined>((done) => (give = () => done(undefined)));
  return { given, give };
}

/**
 * Messages: a type byte, a length that counts itself, a body.
 * @param typeBytes of the first message: a client's very first has no type
 */
async function* messagesOf(socket: Socket, typeBytes: 0 | 1 = 0) {
  let rest = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= typeBytes + 4 && rest.length >= typeBytes + rest.readInt32BE(typeBytes)) {
      const end = typeBytes + rest.readInt32BE(typeBytes);
      yield { type: rest.toString('latin1', 0, typeBytes), bytes: rest.subarray(0, end) };
      rest = rest.subarray(end);
      typeBytes = 1;
    }
  }
}
