// A service in Fastify. GET /orders is for everybody who is signed in, DELETE /orders for administrators.
import { createVerifier } from '@watchword/verifier';
import { claimsOf, protect } from '@watchword/verifier/fastify';
import { fastify } from 'fastify';

const { ISSUER = 'http://localhost:3000', AUDIENCE = ISSUER, PORT = '3001' } = process.env;
const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE });

const app = fastify({ logger: true });
app.addHook('onClose', () => verifier.close());
app.get('/', () => 'open to everybody\n');
app.register((routes, _options, done) => {
  routes.addHook('onRequest', protect(verifier)); // every route of this scope
  routes.get('/orders', (request) => ({ of: claimsOf(request).sub }));
  routes.delete('/orders', { onRequest: protect(verifier, { roles: ['admin'] }) }, (_request, reply) =>
    reply.code(204).send(),
  );
  done();
});

await app.listen({ port: Number(PORT) });
process.once('SIGTERM', () => void app.close());
