// Measures what users notice when Redis fails: checks and a logout during each fault, with the default time-outs.
// Usage: npm run bench:redis-loss. Needs redis-server on the PATH.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startEmbeddedPostgres, startInProcess } from './lib/in-process.mjs';

const SECONDS = 3;
const CLIENTS = 8;
const PORT = 17_379;

const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'));
const database = await startEmbeddedPostgres({ folder });
let redis;
const startRedis = async () => {
  const args = ['--port', String(PORT), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  redis = spawn('redis-server', args, { stdio: 'ignore' });
  await sleep(300);
};
const cli = async (...command) => {
  const client = new Redis(PORT, '127.0.0.1', { lazyConnect: true, retryStrategy: null });
  client.on('error', () => undefined);
  await client.connect();
  await client.call(...command).finally(() => client.disconnect());
};
await startRedis();

const { app, url, metrics } = await startInProcess(database, { REDIS_URL: `redis://127.0.0.1:${PORT}` });

const post = (path, body, token) =>
  fetch(url + path, {
    method: 'POST',
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
const who = { email: 'bench@example.com', password: 'a passphrase of the bench' };
await post('/auth/register', who);
const login = async () => (await (await post('/auth/login', { ...who, transport: 'bearer' })).json()).accessToken;
const tokens = await Promise.all(Array.from({ length: CLIENTS }, login));

async function check(token) {
  const started = performance.now();
  const { status } = await fetch(`${url}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
  return { status, ms: performance.now() - started };
}

async function load(seconds) {
  const until = performance.now() + seconds * 1_000;
  const all = [];
  await Promise.all(
    tokens.map(async (token) => {
      while (performance.now() < until) all.push(await check(token));
    }),
  );
  const sorted = all.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const statuses = [...new Set(all.map(({ status }) => status))].join(', ');
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  return { statuses, median: at(0.5), p99: at(0.99), max: at(1) };
}

const faults = {
  none: [() => undefined, () => undefined],
  'FLUSHALL, ten times a second': [
    () => {
      flushing = setInterval(() => {
        cli('FLUSHALL').catch(() => undefined);
      }, 100);
    },
    () => clearInterval(flushing),
  ],
  killed: [() => redis.kill('SIGKILL'), startRedis],
  'stopped in its tracks (SIGSTOP)': [() => redis.kill('SIGSTOP'), () => redis.kill('SIGCONT')],
  'refuses writes': [
    () => cli('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    () => cli('CONFIG', 'SET', 'min-replicas-to-write', '0'),
  ],
};
let flushing;

console.log(
  '| Redis | checks answer | median ms | p99 ms | max ms | a logout answers | in ms | Redis decides again after |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
try {
  for (const [name, [begin, end]] of Object.entries(faults)) {
    await load(1);
    const extra = await login();
    await begin();
    const seen = await load(SECONDS);
    const started = performance.now();
    const out = await post('/auth/logout', undefined, extra);
    const logoutMs = (performance.now() - started).toFixed(0);
    const verdict = out.status === 204 ? '204' : `${out.status} ${(await out.json()).code}`;
    const ended = performance.now();
    await end();
    const decided = async () => Number((/verdicts_total\{source="redis"\} (\d+)/.exec(await metrics()) ?? [])[1] ?? 0);
    const before = await decided();
    while ((await decided()) <= before) await check(tokens[0]);
    const back = ((performance.now() - ended) / 1_000).toFixed(1);
    console.log(
      `| ${name} | ${seen.statuses} | ${seen.median} | ${seen.p99} | ${seen.max} | ${verdict} | ${logoutMs} | ${back} s |`,
    );
  }
} finally {
  redis.kill('SIGKILL');
  await app.close();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
