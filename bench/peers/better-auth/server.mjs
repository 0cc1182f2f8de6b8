// How does better-auth serve its endpoints, and judge a request to somebody's own endpoint? In the way PEER_MODE says.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { bearer, jwt } from 'better-auth/plugins';
import { createLocalJWKSet, jwtVerify } from 'jose';
import pg from 'pg';

const { DATABASE_URL, PEER_MODE, PORT, SIGNING_KEY_BITS } = process.env;
const SCHEMA = 'better_auth';
const baseURL = `http://127.0.0.1:${PORT}`;

const configurations = {
  database: { plugins: [bearer()] },
  'cookie cache': { plugins: [], session: { cookieCache: { enabled: true, maxAge: 5 * 60 } } },
  jwt: {
    plugins: [jwt({ jwks: { keyPairConfig: { alg: 'RS256', modulusLength: Number(SIGNING_KEY_BITS) } } })],
  },
};

const owner = new pg.Client({ connectionString: DATABASE_URL });
await owner.connect();
await owner.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
await owner.end();

const auth = betterAuth({
  baseURL,
  secret: randomBytes(32).toString('base64'),
  database: new pg.Pool({ connectionString: DATABASE_URL, options: `-c search_path=${SCHEMA}`, max: 10 }),
  advanced: { database: { joins: true } },
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  logger: { disabled: true },
  ...configurations[PEER_MODE],
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const judgeBySession = (request) => auth.api.getSession({ headers: fromNodeHeaders(request.headers) });

let keySet;
/** The keys are fetched once, as a service next to it would. */
async function judgeByJwt(request) {
  keySet ??= createLocalJWKSet(await auth.api.getJwks());
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  const { payload } = await jwtVerify(token, keySet, { issuer: baseURL, audience: baseURL }).catch(() => ({}));
  return payload;
}

const judge = PEER_MODE === 'jwt' ? judgeByJwt : judgeBySession;
const itsOwn = toNodeHandler(auth);

createServer((request, response) => {
  if (request.url === '/me') void answerMe(request, response);
  else void itsOwn(request, response);
}).listen(Number(PORT), '127.0.0.1');

async function answerMe(request, response) {
  const seen = await judge(request).catch((error) => ({ message: String(error), status: 500 }));
  const { status = 200, ...body } = seen ?? { message: 'unauthenticated', status: 401 };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
