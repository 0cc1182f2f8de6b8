// Whether a browser fetches a page ahead, before anybody has navigated to it.
import type { FastifyRequest } from 'fastify';

/**
 * Fetch standard, `Sec-Purpose: prefetch` or `prefetch;prerender`; older browsers: `Purpose` and `X-Moz`. What such a request
 * sets is often thrown away, and the navigation comes afterwards: it must not use up what is good once.
 */
export const isSpeculative = ({ headers }: FastifyRequest): boolean =>
  ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    /\b(prefetch|preview)\b/i.test(String(headers[name])),
  );
