// What is better-auth asked in the bench? Its session check with the database, with its cookie cache, its JWT plugin.
import { fileURLToPath } from 'node:url';
import { ask, assertFine, cookiesOf, emailOf, newToken, oncePer, PASSWORD, postJson } from '../exchange.mjs';
import { startServer, versionsOf } from '../server-process.mjs';

const version = versionsOf('better-auth', 'pg', 'jose');
const entry = fileURLToPath(new URL('server.mjs', import.meta.url));

async function startIn(mode, { databaseUrl, signingKeyBits }) {
  const server = await startServer({
    entry,
    env: { DATABASE_URL: databaseUrl, PEER_MODE: mode, SIGNING_KEY_BITS: String(signingKeyBits) },
    readyPath: '/api/auth/ok',
  });
  const origin = { origin: server.url }; // as a browser sends it; it is refused without
  const register = oncePer(async (i) => {
    const wanted = { name: `User ${i}`, email: emailOf(i), password: PASSWORD };
    assertFine(await ask(server.url, postJson('/api/auth/sign-up/email', wanted, origin)), 'sign-up');
  });
  const login = (i) => postJson('/api/auth/sign-in/email', { email: emailOf(i), password: PASSWORD }, origin);
  return {
    ...server,
    login,
    async signIn(i) {
      await register(i);
      const answer = await ask(server.url, login(i));
      assertFine(answer, 'sign-in');
      return { cookie: cookiesOf(answer), bearer: answer.headers['set-auth-token'] };
    },
  };
}

const me = (headers) => ({ method: 'GET', path: '/me', headers });
const byCookie = ({ cookie }) => me({ cookie });
const byBearer = ({ bearer }) => me({ authorization: `Bearer ${bearer}` });

async function startWithDatabase(settings) {
  const peer = await startIn('database', settings);
  return { ...peer, authenticated: (session, transport) => (transport === 'bearer' ? byBearer : byCookie)(session) };
}

/** The cache is a cookie: by bearer there is nothing to measure. */
async function startWithCookieCache(settings) {
  const peer = await startIn('cookie cache', settings);
  return {
    ...peer,
    authenticated: (session, transport) => (transport === 'cookie' ? byCookie(session) : undefined),
  };
}

/** What comes closest to a refresh is another JWT for the same session, whose own token stays. */
async function startWithJwt(settings) {
  const peer = await startIn('jwt', settings);
  const refresh = ({ cookie }) => ({ method: 'GET', path: '/api/auth/token', headers: { cookie } });
  const adopt = (session, answer) => ({ ...session, bearer: newToken(answer, 'token') });
  return {
    ...peer,
    async signIn(i) {
      const session = await peer.signIn(i);
      return adopt(session, await ask(peer.url, refresh(session)));
    },
    authenticated: (session, transport) => (transport === 'bearer' ? byBearer(session) : undefined),
    refresh,
    adopt,
  };
}

export const peers = [
  { name: 'better-auth with database', version, start: startWithDatabase },
  { name: 'better-auth with cookie cache', version, start: startWithCookieCache },
  { name: 'better-auth JWT plugin', version, start: startWithJwt },
];
