// Answers requests that never reach the application: bytes that are not HTTP, paths that cannot be decoded.
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

  /** @param headers sent with every answer */
  constructor(
    private readonly log: Log,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  watch(server: Server): void {
    server.on('request', (request, response) => this.last.set(request.socket, { request, response }));
    // Node answers an unknown Expect header itself, without our headers.
    server.on('checkExpectation', (_request, response) => {
      const { body, headers } = this.answer(new Refusal('invalid_request'), 417, randomUUID());
      response.writeHead(417, headers).end(body);
    });
  }

  /** For bytes that are not HTTP, headers that are too large and requests that never end. Each gets one answer. */
  readonly onClientError = (error: NetworkError, socket: Socket): void => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const status = statusOf[error.code ?? ''] ?? 400;
    const requestId = randomUUID();
    // A client that disconnects within a request is not logged here: the application has logged it.
    if (error.code !== 'HPE_INVALID_EOF_STATE') {
      const ip = socket.remoteAddress ?? null;
      this.log.info({ event: 'request.broken', requestId, status, reason: error.code ?? null, ip });
    }
    const last = this.last.get(socket);
    // The broken bytes are the body of a request that was answered already, for example by a 404.
    if (last && !last.request.complete && last.response.headersSent) socket.destroySoon();
    // The broken bytes follow a request that is not answered yet: its answer is sent first.
    else if (last?.request.complete && !last.response.writableFinished && !last.response.closed)
      last.response.once('close', () => this.end(socket, status, requestId));
    else this.end(socket, status, requestId);
  };

  /** For a path that cannot be decoded or an id that is too long: the router answers before any hook or filter. */
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
