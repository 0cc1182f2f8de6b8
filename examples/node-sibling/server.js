// A service in plain Node. GET /orders is for everybody who is signed in, DELETE /orders for administrators.
import { createServer } from 'node:http';
import { createVerifier } from '@watchword/verifier';
import { protect } from '@watchword/verifier/node';

const { ISSUER = 'http://localhost:3000', AUDIENCE = ISSUER, PORT = '3001' } = process.env;
const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE });
const anybody = protect(verifier);
const administrator = protect(verifier, { roles: ['admin'] });

const routes = {
  'GET /': (_request, response) => response.end('open to everybody\n'),
  'GET /orders': async (request, response) => {
    const claims = await anybody(request, response);
    if (claims) response.setHeader('content-type', 'application/json').end(JSON.stringify({ of: claims.sub }));
  },
  'DELETE /orders': async (request, response) => {
    // undefined: it has answered 401, 403 or 503
    if (await administrator(request, response)) response.writeHead(204).end();
  },
};

/** What fails here ends this request and not the process. */
async function answered(route, request, response) {
  try {
    await route(request, response);
  } catch (error) {
    console.error(error);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}

const server = createServer((request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  if (route) void answered(route, request, response);
  else response.writeHead(404).end();
});
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  verifier.close(); // it follows the issuer, and would keep the process alive
});
