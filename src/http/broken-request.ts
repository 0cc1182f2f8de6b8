// Answers what never reaches the application: bytes that are not HTTP, paths that cannot be decoded.
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import type { Log } from '../telemetry/log.js';
import { plainAddress } from './trusted-proxies.js';

const statusOf: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

type NetworkError = Error & { code?: string };

export class BrokenRequests {
  /** The last request of each connection, and its answer. */
  private readonly last = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>();

  /** @param headers what every answer carries */
  constructor(
    private readonly log: Log,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  watch(server: Server): void {
    server.on('request', (request, response) => this.last.set(request.socket, { request, response }));
    // Node's own answer to an Expect header that it does not know has none of our headers.
    server.on('checkExpectation', (_request, response) => {
      const { body, headers } = this.answer(new Refusal('invalid_request'), 417, randomUUID());
      response.writeHead(417, headers).end(body);
    });
  }

  /** Bytes that are not HTTP, headers that are too large, a request that never ends. One request gets one answer. */
  readonly onClientError = (error: NetworkError, socket: Socket): void => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const status = statusOf[error.code ?? ''] ?? 400;
    const requestId = randomUUID();
    // A client that went away in the middle of a request is no event; the application has logged what it knew.
    if (error.code !== 'HPE_INVALID_EOF_STATE') {
      const ip = socket.remoteAddress ?? null;
      this.log.info({ event: 'request.broken', requestId, status, reason: error.code ?? null, ip });
    }
    const last = this.last.get(socket);
    // The broken bytes are the body of a request that has been answered, such as by a 404.
    if (last && !last.request.complete && last.response.headersSent) socket.destroySoon();
    // They follow a request whose answer is still to come: it goes first.
    else if (last?.request.complete && !last.response.writableFinished && !last.response.closed)
      last.response.once('close', () => this.end(socket, status, requestId));
    else this.end(socket, status, requestId);
  };

  /** A path that cannot be decoded, or an id that is too long to be one; the router answers before any hook or filter. */
  readonly onRouterError = (error: NetworkError, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = new Refusal(error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'not_found' : 'invalid_request');
    const { status } = refusal;
    this.log.info({
      event: 'request.broken',
      requestId: request.id,
      status,
      reason: error.code ?? null,
      ip: plainAddress(request.ip),
    });
    const { body, headers } = this.answer(refusal, status, request.id);
    void reply.code(status).headers(headers).send(body);
  };

  private end(socket: Socket, status: number, requestId: string): void {
    if (!socket.writable) return;
    const { body, headers } = this.answer(new Refusal('invalid_request'), status, requestId);
    const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  }

  private answer({ code, message }: Refusal, status: number, requestId: string) {
    const type = `urn:watchword:problem:${code}`;
    return {
      body: JSON.stringify({ type, title: code.replaceAll('_', ' '), status, detail: message, code, requestId }),
      headers: {
        ...this.headers,
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
        'x-request-id': requestId,
      },
    };
  }
}
