// Replaces non-ASCII characters in User-Agent headers, for databases whose encoding is not UTF-8.
import type { FastifyInstance } from 'fastify';

/** Otherwise a statement that stores such a character fails. */
export function keepAgentsAscii(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const agent = request.headers['user-agent'];
    if (agent !== undefined) request.headers['user-agent'] = agent.replace(/[^ -~]+/g, '?');
    done();
  });
}
