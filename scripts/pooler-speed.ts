// Measures refreshes a second directly and through PgBouncer in both modes. The ways take turns each second, so that what
// else the machine does falls on all of them. Prints the median of three rounds.
// Usage: npm run bench:pooler
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../conformance/kit/service.js';
import { startEmbeddedPostgres } from '../src/database/embedded/postgres.js';
import { hasPgBouncer, launchPgBouncer } from '../test/support/pgbouncer-process.js';
import { through } from '../test/support/settings.js';
import { freePort } from './free-port.js';

const [ROUNDS, TURNS, SESSIONS] = [3, 8, 32];
const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64');

if (!hasPgBouncer) throw new Error('This needs PgBouncer: install pgbouncer with your package manager.');
const folder = mkdtempSync(join(tmpdir(), 'watchword-pooler-speed-'));
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const server = await startEmbeddedPostgres({ folder, overTcp: true });
  ends.push(() => server.stop());
  const [session, transaction] = await Promise.all([pooler('session'), pooler('transaction')]);
  const ways = [await way('direct'), await way('session', session), await way('transaction', transaction)];
  for (const each of ways) await each.refreshes(2); // warm
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of ways) each.rounds.push(0);
    for (let turn = 0; turn < TURNS; turn++)
      for (const each of ways) each.rounds[round] = (each.rounds[round] ?? 0) + (await each.refreshes(1)) / TURNS;
  }
  const direct = ways[0]?.rounds ?? [];
  console.log('| way | refreshes a second, each round | median share of direct |\n| --- | --- | --- |');
  for (const { name, rounds } of ways) {
    const shares = rounds.map((perSecond, round) => perSecond / (direct[round] ?? 0));
    console.log(`| ${name} | ${rounds.map(Math.round).join(', ')} | ${median(shares).toFixed(2)} |`);
  }

  async function pooler(mode: 'session' | 'transaction'): Promise<string> {
    const { address, stop } = await launchPgBouncer(mode, [server.ownerUrl, server.url]);
    ends.push(stop);
    return address;
  }

  async function way(name: string, address?: string) {
    const at = (url: string) => (address === undefined ? url : through(address, url));
    const service = new ServiceProcess(await freePort(), {
      DATABASE_URL: at(server.url),
      DATABASE_OWNER_URL: at(server.ownerUrl),
      DATABASE_PREPARED_STATEMENTS: name === 'transaction' ? 'off' : 'on',
      KEY_ENCRYPTION_KEY,
      SIGNING_KEY_BITS: '2048',
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'error',
      DATA_DIR: join(folder, name),
    });
    ends.push(() => service.stop());
    await service.start();
    return { name, rounds: [] as number[], refreshes: await sessionsAt(service.url) };
  }
} finally {
  for (const end of ends.toReversed()) await end();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** @returns what refreshes all sessions for some seconds, and how many refreshes a second that were */
async function sessionsAt(url: string): Promise<(seconds: number) => Promise<number>> {
  const person = { email: `${randomBytes(8).toString('hex')}@example.com`, password: randomBytes(16).toString('hex') };
  await post(url, '/auth/register', person);
  const tokens: unknown[] = [];
  while (tokens.length < SESSIONS)
    tokens.push((await post(url, '/auth/login', { ...person, transport: 'bearer' }))['refreshToken']);
  return async (seconds) => {
    const [began, endAt] = [performance.now(), performance.now() + seconds * 1_000];
    let count = 0;
    const spend = async (session: number) => {
      for (; performance.now() < endAt; count++)
        tokens[session] = (await post(url, '/auth/refresh', { refreshToken: tokens[session] }))['refreshToken'];
    };
    await Promise.all(tokens.map((_, session) => spend(session)));
    return (count * 1_000) / (performance.now() - began);
  };
}

async function post(url: string, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
