// For plain Node: a server of `node:http`.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessTokenClaims } from '../../contract/src/claims.js';
import { answerTo, checkRequest, type Protection } from './protection.js';
import type { Verifier } from './verifier.js';

export { claimsOf } from './protection.js';

/**
 * @returns a function that resolves with the claims of the caller, or with undefined after it has answered: the request
 * was refused then
 * @example
 * const callerOf = protect(verifier);
 * createServer(async (request, response) => {
 *   const claims = await callerOf(request, response);
 *   if (claims) response.end(`Hello ${claims.sub}`);
 * });
 */
export function protect(verifier: Verifier, protection: Protection = {}) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<AccessTokenClaims | undefined> => {
    try {
      return await checkRequest(verifier, request, protection);
    } catch (error) {
      const { status, headers, body } = answerTo(error, request);
      response.writeHead(status, headers).end(body);
      return undefined;
    }
  };
}
