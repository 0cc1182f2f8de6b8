// For Express 4 and 5.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerTo, checkRequest, type Protection } from './protection.js';
import type { Verifier } from './verifier.js';

export { claimsOf } from './protection.js';

/**
 * Put it after a middleware for CORS, whose preflight requests carry no token.
 *
 * @returns a middleware that answers refused requests; `claimsOf(request)` is the caller of the others
 * @example
 * app.get('/orders', protect(verifier, { roles: ['admin'] }), (request, response) => response.json(claimsOf(request)));
 */
export function protect(verifier: Verifier, protection: Protection = {}) {
  return (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    checkRequest(verifier, request, protection)
      .then(() => undefined)
      .catch((error: unknown) => {
        const { status, headers, body } = answerTo(error, request);
        response.writeHead(status, headers).end(body);
        return 'answered';
      })
      .then(
        (answered) => answered ?? next(),
        (error: unknown) => next(asError(error)),
      );
  };
}

/** Express goes on to the route if `next` is called with nothing, and skips guards if it is called with 'route'. */
const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('The check of the token failed.', { cause: thrown });
