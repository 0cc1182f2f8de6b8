// A server on a foreign origin: it answers everything and records what it receives.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Received {
  readonly line: string;
  /** Everything that was sent, as text. */
  readonly text: string;
  readonly hasCredentials: boolean;
}

export class ForeignServer {
  readonly received: Received[] = [];

  private constructor(
    private readonly servers: readonly Server[],
    readonly url: string,
  ) {}

  /** Its host is `localhost`, the issuer's `127.0.0.1`: cookies do not tell ports apart. */
  static async start(): Promise<ForeignServer> {
    const answer = (incoming: IncomingMessage, body: string) => {
      const { method, url, rawHeaders, headers } = incoming;
      const text = [method, url, ...rawHeaders, body].join('\n');
      const hasCredentials = headers.authorization !== undefined || headers.cookie !== undefined;
      foreign.received.push({ line: `${method} ${url}`, text, hasCredentials });
    };
    const make = () =>
      createServer((incoming, outgoing) => {
        let body = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        incoming
          .on('error', () => undefined)
          .on('end', () => {
            answer(incoming, body);
            outgoing.setHeader('content-type', 'application/json').end('{"foreign":true}');
          });
      });
    const first = make();
    await listen(first, 0, '127.0.0.1');
    const { port } = first.address() as AddressInfo;
    // `localhost` is either; a machine without IPv6 has one.
    const second = make();
    const servers = await listen(second, port, '::1').then(
      () => [first, second],
      () => [first],
    );
    const foreign = new ForeignServer(servers, `http://localhost:${port}`);
    return foreign;
  }

  /** @returns requests that had a credential, or a header for one, or a password */
  leaks(secrets: Iterable<string>): string[] {
    const known = [...secrets];
    return this.received
      .filter(({ text, hasCredentials }) => hasCredentials || known.some((secret) => text.includes(secret)))
      .map(({ line }) => line);
  }

  stop(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

const listen = (server: Server, port: number, host: string) =>
  new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done));
