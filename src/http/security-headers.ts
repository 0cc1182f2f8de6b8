// Tells browsers in every answer that this is no page: it loads nothing, nobody frames it, it sends no referrer.
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

export const securityHeaders = ({ byTls }: { byTls: boolean }): Readonly<Record<string, string>> =>
  byTls ? { ...HEADERS, ...ONLY_BY_TLS } : HEADERS;

/**
 * Nest's own `useSecurityHeaders` sets them on Node's response; one header there, and Node files every other one away
 * by itself before it writes them. On the reply they are written as they are.
 */
export function sendSecurityHeaders(server: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  server.addHook('onSend', (_request, reply, payload, done) => {
    reply.headers(headers);
    done(null, payload);
  });
}
