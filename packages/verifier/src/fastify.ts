// For Fastify 4 and 5.
import { answerTo, checkRequest, type Protection } from './protection.js';
import type { IncomingRequest } from './presented-token.js';
import type { Verifier } from './verifier.js';

export { claimsOf } from './protection.js';

/** As much of Fastify's request as is read. */
type Request = IncomingRequest & { readonly id: string };

/** As much of Fastify's reply as is used. */
interface Reply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

/**
 * Put it after a plugin for CORS, whose preflight requests carry no token.
 *
 * @returns an `onRequest` hook that answers refused requests; `claimsOf(request)` is the caller of the others
 * @example
 * app.addHook('onRequest', protect(verifier)); // every route
 * app.get('/orders', { onRequest: protect(verifier, { roles: ['admin'] }) }, (request) => claimsOf(request));
 */
export function protect(verifier: Verifier, protection: Protection = {}) {
  return async (request: Request, reply: Reply): Promise<unknown> => {
    try {
      await checkRequest(verifier, request, protection);
      return undefined;
    } catch (error) {
      const { status, headers, body } = answerTo(error, request, request.id);
      reply.code(status);
      reply.headers({ ...headers });
      reply.send(body);
      return reply; // Fastify then runs no handler
    }
  };
}
