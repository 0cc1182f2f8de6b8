// What is the bare no-op asked in the bench? The same sizes as Watchword's answers: what Nest on Fastify can do at best.
import { compile, startServer, versionsOf } from '../server-process.mjs';

const version = versionsOf('@nestjs/core', '@nestjs/platform-fastify', 'fastify');

async function start() {
  const server = await startServer({
    entry: await compile(new URL('src/main.ts', import.meta.url), 'noop'),
    env: {},
    readyPath: '/noop',
  });
  return {
    ...server,
    signIn: async () => ({}),
    authenticated: () => ({ method: 'GET', path: '/noop', headers: {} }),
  };
}

export const peers = [{ name: 'bare no-op', version, start }];
