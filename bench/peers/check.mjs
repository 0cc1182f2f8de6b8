// Checks that every peer supports what the bench needs: sign-in, an authenticated request, two refreshes, a replay.
// Usage: npm run peers:check [-- folder…], such as `-- tutorial`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Redis } from 'ioredis';
import { buildIfStale } from '../../scripts/build.mjs';
import { ask, assertFine } from './exchange.mjs';

buildIfStale();
const { startEmbeddedPostgres } = await import(
  new URL('../../dist/src/database/embedded/postgres.js', import.meta.url).href
);

const REDIS_SERVER = '/usr/bin/redis-server';
const here = new URL('.', import.meta.url);
const all = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : all.map(({ name }) => name);

const folder = mkdtempSync(join(tmpdir(), 'watchword-peers-'));
const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), overTcp: true });
const redisPort = await freePort();
const redis = spawn(
  REDIS_SERVER,
  ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
  { stdio: 'ignore' },
);
const redisUrl = `redis://127.0.0.1:${redisPort}`;
const owner = new pg.Client({ connectionString: postgres.ownerUrl });

try {
  await new Redis(redisUrl, { maxRetriesPerRequest: null }).quit();
  await owner.connect();
  for (const name of names) {
    const { peers } = await import(new URL(`${name}/index.mjs`, here).href);
    for (const peer of peers) await check(peer, await freshDatabase());
  }
  console.log('all fine');
} finally {
  await owner.end();
  redis.kill('SIGKILL');
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function check({ name, version, start }, databaseUrl) {
  console.log(`\n${name} (${version})`);
  const peer = await start({ databaseUrl, redisUrl, signingKeyBits: 2_048 });
  try {
    let session = await peer.signIn(0);
    for (const transport of ['bearer', 'cookie']) {
      const request = peer.authenticated?.(session, transport);
      if (!request) console.log(`  by ${transport}: not offered`);
      else await show(peer.url, `by ${transport}`, request);
    }
    if (peer.login) await show(peer.url, 'log-in', peer.login(0));
    if (!peer.refresh) return;
    const first = peer.refresh(session);
    for (const time of ['refresh', 'refresh again']) {
      const answer = await show(peer.url, time, peer.refresh(session));
      session = peer.adopt(session, answer);
    }
    if (peer.authenticated) await show(peer.url, 'by the new token', peer.authenticated(session, 'bearer'));
    print('the first refresh token once more', await ask(peer.url, first));
    print('and then the newest one', await ask(peer.url, peer.refresh(session)));
  } finally {
    await peer.stop();
  }
}

async function show(url, what, request) {
  const answer = await ask(url, request);
  assertFine(answer, what);
  print(what, answer);
  return answer;
}

function print(what, { status, body }) {
  console.log(`  ${what}: ${status}, ${body.length} bytes, ${body.slice(0, 90)}`);
}

async function freshDatabase() {
  const database = `peer_${Date.now()}`;
  await owner.query(`CREATE DATABASE ${database}`);
  const url = new URL(postgres.ownerUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
