// What does every answer tell a browser? That this is no page: it may load nothing, be framed by nobody, and say nothing of where one came from.
import type { FastifyInstance } from 'fastify';

const HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A year: two are asked for only by the list that browsers carry with them (hstspreload.org). */
const ONLY_BY_TLS = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

/**
 * Nest's own `useSecurityHeaders` sets them on Node's response; one header there, and Node files every other one away by itself before it
 * writes them. On the reply they are written as they are.
 */
export function sendSecurityHeaders(server: FastifyInstance, { byTls }: { byTls: boolean }): void {
  const headers = byTls ? { ...HEADERS, ...ONLY_BY_TLS } : HEADERS;
  server.addHook('onSend', (_request, reply, payload, done) => {
    reply.headers(headers);
    done(null, payload);
  });
}
