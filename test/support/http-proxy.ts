// A faulty HTTP network between a client and the service: it loses, delays, reorders and duplicates requests and answers.
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, request as send } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What happens to one request. Every verdict is plain data: a printed list of them replays a run. */
export type Verdict =
  | { readonly do: 'pass' }
  /** The connection breaks before the service receives anything. */
  | { readonly do: 'lose request' }
  /** The service acts. The connection breaks; with a share, the headers and this part of the body arrive before. */
  | { readonly do: 'lose answer'; readonly share?: number }
  /** The service acts. Nothing is answered, and the connection stays open. */
  | { readonly do: 'silence' }
  | { readonly do: 'delay request' | 'delay answer'; readonly ms: number }
  /** The service acts at once; the answer waits until a later request that the same rule met has its answer. */
  | { readonly do: 'reorder'; readonly atMostMs: number }
  /**
   * The service receives it twice, and the client the first answer. With a time, the copy arrives so long after the client
   * has it: a copy that is late enough is the same as a thief's.
   */
  | { readonly do: 'duplicate'; readonly afterMs?: number }
  /** The proxy answers by itself, and the service receives nothing. */
  | {
      readonly do: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** A request as it arrived, whole. */
interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The first rule that matches and gives a verdict decides. */
export interface Rule {
  /** Is matched with `POST /auth/refresh?query`. */
  readonly on: RegExp;
  meet(request: Arrived): Verdict | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Exchange extends Arrived {
  /** From 1, in the order of arrival. */
  readonly n: number;
  readonly verdict: Verdict;
  /** The service may still receive it, or a copy of it. */
  isOpen: boolean;
  /** What the service or the proxy answered, whether it reached the client or not. */
  answer?: Answer;
}

/** `answered`: by the service, and the client has not received it yet; `delivered`: written to the client whole. */
export type Moment = 'arrived' | 'answered' | 'delivered';

export interface HttpProxy {
  readonly url: string;
  readonly port: number;
  /** The port of the service, which may come back at another. */
  target: number;
  readonly rules: Rule[];
  /** Every request so far. */
  readonly exchanges: readonly Exchange[];
  /** Breaks every connection, also new ones. */
  cut(): void;
  /** Ends the rules and the cut, and gives out what was held. */
  heal(): void;
  watch(listener: (moment: Moment, exchange: Exchange) => void): () => void;
  /** One line for each request of the pattern, for the message of a failure. */
  history(on?: RegExp): string;
  stop(): Promise<void>;
}

export const always = (on: RegExp, verdict: Verdict): Rule => ({ on, meet: () => verdict });

/** The next requests that match, and then no more. */
export function next(on: RegExp, ...verdicts: readonly Verdict[]): Rule {
  const left = [...verdicts];
  return { on, meet: () => left.shift() };
}

/**
 * A share of the requests meets one of the faults. Which one follows from the seed and the number of the request alone,
 * so that the same seed draws the same again, whatever the times were.
 */
export function scheduled(on: RegExp, seed: number, share: number, faults: readonly Verdict[]): Rule {
  let n = 0;
  return {
    on,
    meet() {
      n++;
      if (drawn(seed, 2 * n) >= share) return { do: 'pass' };
      return faults[Math.floor(drawn(seed, 2 * n + 1) * faults.length)];
    },
  };
}

/** A number from 0 to below 1 (the finaliser of murmur3, twice). */
export function drawn(seed: number, n: number): number {
  const mixed = (value: number) => {
    let state = value | 0;
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    return (state ^ (state >>> 16)) >>> 0;
  };
  return mixed(mixed(seed + 0x9e3779b9) ^ Math.imul(n, 0x9e3779b1)) / 2 ** 32;
}

/** Of one connection, which the proxy opens anew for each request. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade', 'expect']);

export async function startHttpProxy(targetPort: number): Promise<HttpProxy> {
  const sockets = new Set<Socket>();
  const exchanges: Exchange[] = [];
  const listeners = new Set<(moment: Moment, exchange: Exchange) => void>();
  /** Ends every wait, so that none outlives `heal`. */
  const waits = new Set<() => void>();
  let isCut = false;
  const newer = new Map<Rule, Set<() => void>>();

  const tell = (moment: Moment, exchange: Exchange) => {
    for (const listener of listeners) listener(moment, exchange);
  };
  const pause = (ms: number) =>
    new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer);
        waits.delete(end);
        done();
      };
      const timer = setTimeout(end, ms).unref();
      waits.add(end);
    });

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: await bodyOf(incoming) };
    let [rule, verdict]: [Rule | undefined, Verdict] = [undefined, { do: 'pass' }];
    for (const each of proxy.rules) {
      const met = each.on.test(`${method} ${path}`) ? each.meet(request) : undefined;
      if (!met) continue;
      [rule, verdict] = [each, met];
      break;
    }
    const exchange: Exchange = { n: exchanges.length + 1, ...request, verdict, isOpen: verdict.do !== 'lose request' };
    exchanges.push(exchange);
    tell('arrived', exchange);
    if (verdict.do === 'lose request') return void outgoing.socket?.resetAndDestroy();
    if (verdict.do === 'delay request') await pause(verdict.ms);
    exchange.answer = verdict.do === 'answer' ? ownAnswer(verdict) : await forward(exchange, proxy.target);
    exchange.isOpen = verdict.do === 'duplicate';
    tell('answered', exchange);
    if (verdict.do === 'silence') return;
    if (verdict.do === 'lose answer' && verdict.share === undefined) return void outgoing.socket?.resetAndDestroy();
    if (verdict.do === 'delay answer') await pause(verdict.ms);
    if (verdict.do === 'reorder' && rule) await overtaken(rule, verdict.atMostMs);
    if (verdict.do === 'duplicate' && verdict.afterMs === undefined) {
      await forward(exchange, proxy.target);
      exchange.isOpen = false;
    }
    if (verdict.do === 'lose answer') return deliverPart(outgoing, exchange.answer, verdict.share ?? 0);
    await deliver(outgoing, method, exchange.answer);
    tell('delivered', exchange);
    if (rule) for (const release of newer.get(rule) ?? []) release();
    if (verdict.do !== 'duplicate' || verdict.afterMs === undefined) return;
    await pause(verdict.afterMs);
    await forward(exchange, proxy.target);
    exchange.isOpen = false;
  };
  const overtaken = async (rule: Rule, atMostMs: number) => {
    const waiting = newer.get(rule) ?? new Set();
    newer.set(rule, waiting);
    let release = () => {};
    const released = new Promise<void>((done) => (release = done));
    waiting.add(release);
    await Promise.race([released, pause(atMostMs)]);
    waiting.delete(release);
  };

  const server = createServer((incoming, outgoing) => {
    // A client that went away ends neither the request nor the copy.
    outgoing.on('error', () => undefined);
    incoming.on('error', () => undefined);
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000; // longer than a test holds a connection: none is closed under a request
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    sockets.add(socket);
    if (isCut) socket.resetAndDestroy();
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;

  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    target: targetPort,
    rules: [],
    exchanges,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    heal() {
      isCut = false;
      proxy.rules.length = 0;
      for (const end of waits) end();
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: (on = /^/) =>
      exchanges
        .filter(({ method, path }) => on.test(`${method} ${path}`))
        .map(({ n, method, path, verdict, answer }) => {
          const how = verdict.do === 'pass' ? '' : ` ${JSON.stringify(verdict)}`;
          return `${n} ${method} ${path}${how} ${answer?.status ?? 'no answer'}`;
        })
        .join('\n'),
    async stop() {
      proxy.heal();
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const ownAnswer = ({ status, headers = {}, body = '' }: Verdict & { do: 'answer' }): Answer => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body: Buffer.from(body),
});

/** @returns 502 while the service is away, as a load balancer answers */
function forward({ method, path, headers, body }: Arrived, port: number): Promise<Answer> {
  const length = body.length > 0 || 'content-length' in headers ? { 'content-length': body.length } : {};
  return new Promise((done) => {
    const away = () => done(ownAnswer({ do: 'answer', status: 502, body: '<h1>Bad Gateway</h1>' }));
    // No connection is kept: the service may be another one for the next request.
    const outgoing = send(
      { host: '127.0.0.1', port, method, path, headers: { ...without(headers), ...length }, agent: false },
      (answer) => {
        bodyOf(answer).then(
          (content) => done({ status: answer.statusCode ?? 502, headers: answer.headers, body: content }),
          away,
        );
      },
    );
    outgoing.on('error', away).end(body);
  });
}

const without = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));

function head(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const isEmpty = status === 204 || status === 304;
  outgoing.writeHead(status, { ...without(headers), ...(isEmpty ? {} : { 'content-length': body.length }) });
}

async function deliver(outgoing: ServerResponse, method: string, answer: Answer): Promise<void> {
  if (outgoing.destroyed) return;
  if (method === 'HEAD') outgoing.writeHead(answer.status, answer.headers);
  else head(outgoing, answer);
  await new Promise<void>((done) => {
    outgoing.once('close', done); // instead of the end, if the client is gone
    outgoing.end(method === 'HEAD' ? undefined : answer.body, done);
  });
}

/** Ends the connection in order: after a reset, a receiver would throw away what has arrived. */
async function deliverPart(outgoing: ServerResponse, answer: Answer, share: number): Promise<void> {
  head(outgoing, answer);
  outgoing.flushHeaders();
  const part = answer.body.subarray(0, Math.floor(share * answer.body.length));
  if (part.length > 0) await new Promise((written) => outgoing.write(part, written));
  outgoing.socket?.destroySoon();
}
