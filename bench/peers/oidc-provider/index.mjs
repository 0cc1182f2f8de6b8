// What is oidc-provider asked in the bench? Its refresh grant; it has no sign-in of its own.
import { fileURLToPath } from 'node:url';
import { ask, newToken } from '../exchange.mjs';
import { startServer, versionsOf } from '../server-process.mjs';

const version = versionsOf('oidc-provider', 'pg');
const entry = fileURLToPath(new URL('server.mjs', import.meta.url));
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function start({ databaseUrl, signingKeyBits }) {
  const server = await startServer({
    entry,
    env: { DATABASE_URL: databaseUrl, SIGNING_KEY_BITS: String(signingKeyBits) },
    readyPath: '/jwks',
  });
  return {
    ...server,
    async signIn(i) {
      const answer = await ask(server.url, { method: 'POST', path: `/bench/sign-in/user${i}`, headers: {} });
      return { refreshToken: newToken(answer, 'refresh_token') };
    },
    refresh: ({ refreshToken }) => ({
      method: 'POST',
      path: '/token',
      headers: FORM,
      body: `grant_type=refresh_token&client_id=bench&refresh_token=${encodeURIComponent(refreshToken)}`,
    }),
    adopt: (session, answer) => ({
      accessToken: newToken(answer, 'access_token', session.accessToken),
      refreshToken: newToken(answer, 'refresh_token', session.refreshToken),
    }),
  };
}

export const peers = [{ name: 'oidc-provider', version, start }];
