// What is the common tutorial stack asked in the bench? Nest on Express, PEM strings, a row per refresh token.
import { ask, assertFine, cookiesOf, emailOf, newToken, oncePer, PASSWORD, postJson } from '../exchange.mjs';
import { compile, startServer, versionsOf } from '../server-process.mjs';

const version = versionsOf(
  ...['@nestjs/core', '@nestjs/platform-express', 'express', '@nestjs/jwt', 'passport-jwt', 'typeorm', 'pg', 'ioredis'],
);

async function start({ databaseUrl, redisUrl, signingKeyBits }) {
  const server = await startServer({
    entry: await compile(new URL('src/main.ts', import.meta.url), 'tutorial'),
    env: { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SIGNING_KEY_BITS: String(signingKeyBits) },
    readyPath: '/auth/me',
  });
  const credentials = (i) => ({ email: emailOf(i), password: PASSWORD });
  const register = oncePer(async (i) => {
    assertFine(await ask(server.url, postJson('/auth/register', credentials(i))), 'register');
  });
  const login = (i) => postJson('/auth/login', credentials(i));
  const adopt = (session, answer) => ({
    ...session,
    accessToken: newToken(answer, 'accessToken', session.accessToken),
    refreshToken: newToken(answer, 'refreshToken', session.refreshToken),
  });
  return {
    ...server,
    login,
    async signIn(i) {
      await register(i);
      const answer = await ask(server.url, login(i));
      return adopt({ cookie: cookiesOf(answer) }, answer);
    },
    authenticated: ({ accessToken, cookie }, transport) => ({
      method: 'GET',
      path: '/auth/me',
      headers: transport === 'bearer' ? { authorization: `Bearer ${accessToken}` } : { cookie },
    }),
    refresh: ({ refreshToken }) => postJson('/auth/refresh', { refreshToken }),
    adopt,
  };
}

export const peers = [{ name: 'tutorial stack', version, start }];
