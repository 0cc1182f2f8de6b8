// A web app and its API in plain Node. The page is open to everybody, the notes are for whoever is signed in.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { checkRequest, createVerifier } from '@watchword/verifier';
import { protect } from '@watchword/verifier/node';

const { ISSUER = 'http://localhost:3000', AUDIENCE = ISSUER, PORT = '4000' } = process.env;
const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE });

// Browsers send Watchword's access cookie here, too: always on localhost, where cookies ignore the port; in production
// with COOKIE_DOMAIN, under the verifier's default name. Only pages of this origin may change something with it.
const cookie = { allowedOrigins: [], ...(ISSUER.startsWith('http:') && { name: 'access_token' }) };
const caller = protect(verifier, { cookie });

/** The notes of each person, by the `sub` of their tokens. A real app has a database. */
const notes = new Map();
const notesOf = ({ sub }) => notes.get(sub) ?? notes.set(sub, []).get(sub);
const json = (response, status, body) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const api = {
  'GET /api/notes': (_request, response, claims) => json(response, 200, notesOf(claims)),

  'POST /api/notes': async (request, response, claims) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) {
      text += part;
      if (text.length > 1_000) return json(response, 413, { title: 'A note has at most 1,000 characters.' });
    }
    notesOf(claims).push(text);
    return json(response, 201, notesOf(claims));
  },

  'DELETE /api/notes': (_request, response, claims) => {
    notes.delete(claims.sub);
    response.writeHead(204).end();
  },

  // A request is judged when it arrives. What stays open must be judged again: here twice a second, which costs a tenth
  // of a millisecond and asks nobody. It ends when the token does; the page then asks why.
  'GET /api/watch': (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 100\n\n');
    const timer = setInterval(() => checkRequest(verifier, request, { cookie }).catch(() => response.end()), 500);
    response.once('close', () => clearInterval(timer));
  },
};

const file = (path, type, change = (text) => text) => ({
  headers: {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy':
      `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${ISSUER}; ` +
      `base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  },
  body: change(readFileSync(new URL(path, import.meta.url), 'utf8')),
});
const files = {
  '/': file('page/index.html', 'text/html', (text) => text.replaceAll('{{ISSUER}}', ISSUER)),
  '/app.js': file('built/app.js', 'text/javascript'),
  '/style.css': file('page/style.css', 'text/css'),
};

async function answer(request, response) {
  const [path] = request.url.split('?');
  const [page, route] = [files[path], api[`${request.method} ${path}`]];
  if (request.method === 'GET' && page) response.writeHead(200, page.headers).end(page.body);
  else if (!route) response.writeHead(404).end();
  else {
    const claims = await caller(request, response); // undefined: it has answered 401, 403 or 503
    if (claims) await route(request, response, claims);
  }
}

// Whatever fails ends this one request, such as that of a page that was left while it sent a note.
const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
server.listen(Number(PORT), '127.0.0.1', () => console.log(`open http://localhost:${PORT}`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections(); // the watching pages
  verifier.close(); // it follows the issuer, and would keep the process alive
});
