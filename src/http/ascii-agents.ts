// Where the database is not in UTF-8, it cannot hold each character that a browser may call itself.
import type { FastifyInstance } from 'fastify';

/** Without it, one such character would be an error of every statement that notes the caller. */
export function keepAgentsAscii(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const agent = request.headers['user-agent'];
    if (agent !== undefined) request.headers['user-agent'] = agent.replace(/[^ -~]+/g, '?');
    done();
  });
}
