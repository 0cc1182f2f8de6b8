// What does a client hear whose request never reaches the application?
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../telemetry/log.js';

const statusOf: Readonly<Record<string, [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

const MEDIA_TYPE = 'application/problem+json; charset=utf-8';

const problem = (status: number, requestId: string) =>
  JSON.stringify({
    type: 'urn:watchword:problem:invalid_request',
    title: 'invalid request',
    status,
    detail: 'The request is not well formed.',
    code: 'invalid_request',
    requestId,
  });

/** Bytes that are not HTTP, headers that are too large, a request that never ends. */
export const answerBrokenRequest = (log: Log) => (error: Error & { code?: string }, socket: Socket) => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, reason] = statusOf[error.code ?? ''] ?? [400, 'Bad Request'];
  const requestId = randomUUID();
  const ip = socket.remoteAddress ?? null;
  // Who went away in the middle of a request is no event; what the application knew of it, it has logged.
  if (error.code !== 'HPE_INVALID_EOF_STATE')
    log.info({ event: 'request.broken', requestId, status, reason: error.code ?? null, ip });
  const body = problem(status, requestId);
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${MEDIA_TYPE}\r\nX-Content-Type-Options: nosniff\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
};

/** A path that cannot be decoded; the router answers before any hook or filter. */
export function answerBrokenPath(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(400)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .type(MEDIA_TYPE)
    .send(problem(400, request.id));
}
