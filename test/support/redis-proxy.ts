// A TCP proxy that makes the network between a service and its Redis slow, silent or broken.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isForgotten: boolean;
}

export interface RedisProxy {
  readonly port: number;
  /** The number of open connections. */
  connections(): number;
  /** Delays answers (commands are executed at once) or requests from now on. */
  delay(milliseconds: number, what?: 'answers' | 'requests'): void;
  /** A partition: nothing passes and nothing is closed; sent data arrives after heal(), as with TCP. */
  hold(): void;
  /** Half-open: present connections are dead without notice to their clients; new ones work. */
  forget(): void;
  /** Resets connections, also new ones. */
  cut(): void;
  /** Ends latency, partition and resets. Connections that forget() dropped stay dead. */
  heal(): void;
}

/**
 * @param target returns the port of the server, for each connection
 * @param atEnd receives what ends the proxy
 */
export async function startRedisProxy(
  target: number | (() => number),
  atEnd: (end: () => void) => void = onTestFinished,
): Promise<RedisProxy> {
  const pairs = new Set<Pair>();
  const latency = { answers: 0, requests: 0 };
  let isHeld = false;
  let isCut = false;

  const proxy = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    client.on('error', () => undefined);
    if (isCut) client.resetAndDestroy();
    else join(client);
  });
  const join = (client: Socket) => {
    const server = connect({ port: typeof target === 'number' ? target : target(), host: '127.0.0.1', noDelay: true });
    server.on('error', () => undefined);
    const pair = { client, server, isForgotten: false };
    pairs.add(pair);
    client.once('close', () => {
      pairs.delete(pair);
      server.destroySoon();
    });
    server.once('close', () => pair.isForgotten || client.destroySoon());
    carry(client, server, () => latency.requests);
    carry(server, client, () => latency.answers);
    for (const socket of [client, server]) if (isHeld) socket.pause();
    if (!isHeld) client.resume();
  };
  await new Promise<void>((done, fail) => proxy.once('error', fail).listen(0, '127.0.0.1', done));

  const each = (act: (socket: Socket) => unknown) => {
    for (const { client, server } of pairs) for (const socket of [client, server]) act(socket);
  };
  atEnd(() => {
    each((socket) => socket.destroy());
    proxy.close();
  });
  return {
    port: (proxy.address() as { port: number }).port,
    connections: () => [...pairs].filter(({ isForgotten }) => !isForgotten).length,
    delay: (milliseconds, what = 'answers') => void (latency[what] = milliseconds),
    hold() {
      isHeld = true;
      each((socket) => socket.pause());
    },
    forget() {
      for (const pair of pairs) {
        pair.isForgotten = true;
        pair.server.destroy();
      }
    },
    cut() {
      isCut = true;
      each((socket) => socket.resetAndDestroy());
    },
    heal() {
      isCut = false;
      isHeld = false;
      latency.answers = 0;
      latency.requests = 0;
      each((socket) => socket.resume());
    },
  };
}

/** Keeps the order of chunks even if the latency changes. */
function carry(from: Socket, to: Socket, latency: () => number): void {
  let last: Promise<unknown> = Promise.resolve();
  from.on('data', (chunk: Buffer) => {
    const wait = latency();
    const due = wait > 0 ? sleep(wait, undefined, { ref: false }) : undefined;
    last = last.then(() => due).then(() => to.writable && to.write(chunk));
  });
}
