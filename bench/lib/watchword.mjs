// Runs the built service as a subject: in its own process, as in the image, behind a simulated TLS proxy.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newKey } from './key-proofs.mjs';
import { freePort, startServer } from './processes.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const AGENT = 'watchword-bench/1.0';
const PASSWORD = 'a passphrase of the bench';
const PUBLIC_URL = 'https://auth.example.com';
const emailOf = (i) => `bench-${i}@example.com`;

/** What the image sets for the service. */
const OF_THE_IMAGE = { MALLOC_ARENA_MAX: '2' };

/**
 * As in production, except for what production refuses: RATE_LIMITS=off, registration, and the embedded database, which
 * needs NODE_ENV=development (it changes nothing else). LOG_LEVEL is the default, info, and the log goes to a file.
 */
export const settingsOf = ({ databaseUrl, ownerUrl, redisUrl, signingKeyBits, port, metricsPort }) => ({
  PATH: process.env.PATH,
  NODE_ENV: 'development',
  PORT: `${port}`,
  METRICS_PORT: `${metricsPort}`,
  PUBLIC_URL,
  DATABASE_URL: databaseUrl ?? '',
  DATABASE_OWNER_URL: ownerUrl ?? '',
  REDIS_URL: redisUrl ?? '',
  KEY_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  SIGNING_KEY_BITS: `${signingKeyBits ?? 3072}`,
  RATE_LIMITS: 'off',
  REGISTRATION: 'open',
  DRAIN_SECONDS: '0',
  ...OF_THE_IMAGE,
});

/**
 * @param options as every peer gets them; ours too: `ownerUrl`, `logFile`, `settings` on top, `nodeArgs`, `readyPath`, `program`
 * @returns {Promise<object>} the peer interface, and `metrics()`
 */
export async function startWatchword(options) {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const {
    nodeArgs = [],
    settings = {},
    logFile,
    readyPath = '/health/ready',
    program = 'dist/bundle/main.js',
  } = options;
  const server = await startServer({
    args: [...nodeArgs, join(root, program)],
    env: { ...settingsOf({ ...options, port, metricsPort }), ...settings },
    logFile,
    isReady: async () => (await fetch(url + readyPath)).ok,
  });
  return {
    url,
    ...server,
    ...clientOf(url),
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
  };
}

/** The requests of a client; the same for every instance of one database. */
function clientOf(url) {
  const headers = { 'content-type': 'application/json', 'user-agent': AGENT };
  const request = (path, body) => ({ method: 'POST', path, headers, body: JSON.stringify(body) });
  const send = async ({ path, ...rest }) => {
    const answer = await fetch(url + path, rest);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const proven = ({ headers: others, ...asked }, prove) => ({
    ...asked,
    headers: { ...others, dpop: prove(asked.method, PUBLIC_URL + asked.path) },
  });
  const login = (i) => request('/auth/login', { email: emailOf(i), password: PASSWORD, transport: 'bearer' });

  return {
    login,
    register: (i) => send(request('/auth/register', { email: emailOf(i), password: PASSWORD })),
    /** A new user with two sessions, one of each transport. */
    async signIn(i) {
      await this.register(i);
      const { accessToken, refreshToken, user } = await (await send(login(i))).json();
      const browser = await send(request('/auth/login', { email: emailOf(i), password: PASSWORD }));
      const cookies = browser.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
      return { user, accessToken, refreshToken, cookie: cookies.find((pair) => pair.includes('access_token=')) };
    },
    /** A session of a user that is bound to a key of its own. */
    async signInBound(i) {
      const prove = newKey();
      return { ...(await (await send(proven(login(i), prove))).json()), prove };
    },
    authenticated: ({ accessToken, cookie }, by) => ({
      method: 'GET',
      path: '/auth/me',
      headers: { 'user-agent': AGENT, ...(by === 'cookie' ? { cookie } : { authorization: `Bearer ${accessToken}` }) },
    }),
    refresh({ refreshToken, prove }) {
      const asked = request('/auth/refresh', { refreshToken });
      return prove ? proven(asked, prove) : asked;
    },
    adopt: (session, { body }) => ({ ...session, ...JSON.parse(body) }),
  };
}

const peer = (name, withRedis) => ({
  name,
  version,
  start: (options) => startWatchword({ ...options, redisUrl: withRedis ? options.redisUrl : undefined }),
});

export const watchword = peer('Watchword', true);
export const watchwordAlone = peer('Watchword without Redis', false);
