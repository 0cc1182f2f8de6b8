// When the service or its database restarts, clients notice a pause and never a logout.
import { readFileSync } from 'node:fs';
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { me, mobile, type Tokens } from './support/client.js';
import { boundMobile, ClientKey } from './support/key-proofs.js';
import { checkout, freePort, type Run, start, untilReady } from './support/process.js';
import { until } from './support/until.js';
import { cloneDatabase } from './support/service.js';
import { databaseSettings } from './support/settings.js';

const ROUNDS = 20;

/** By the name that proofs are for (PUBLIC_URL). */
const addressOf = (url: string, path: string) => url.replace('127.0.0.1', 'localhost') + path;

/** Refreshes without a pause over a kept-alive connection, and retries a failure with the same token. */
class Client {
  refreshed = 0;
  readonly refusals: string[] = [];
  readonly withoutRetryAfter: string[] = [];
  private token: string;
  private nonce: string | undefined;
  private isDone = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly ended: Promise<void>;

  constructor(
    private readonly url: string,
    readonly phone: Tokens,
    /** Of a bound session. */
    private readonly key?: ClientKey,
  ) {
    this.token = phone.refreshToken;
    this.ended = this.run();
  }

  stop(): Promise<void> {
    this.isDone = true;
    return this.ended.finally(() => this.agent.destroy());
  }

  /** Waits for this many further answers. */
  async progress(answers: number, withinMs = 60_000): Promise<void> {
    const goal = this.refreshed + answers;
    const asked = performance.now();
    while (this.refreshed < goal && this.refusals.length === 0) {
      if (performance.now() - asked > withinMs) throw new Error(`no answer within ${withinMs} ms`);
      await sleep(5);
    }
  }

  private async run(): Promise<void> {
    while (!this.isDone && this.refusals.length === 0) {
      const answer = await this.spend().catch(() => undefined);
      if (answer?.status === 200) {
        const { refreshToken, accessToken } = JSON.parse(answer.text) as Tokens;
        this.token = refreshToken;
        this.refreshed++;
        if (this.refreshed % 20 === 0 && (await me(this.url, accessToken).catch(() => undefined))?.status === 401)
          this.refusals.push('the new access token is refused');
      } else if (answer?.nonce !== undefined) this.nonce = answer.nonce;
      else if (answer?.status === 503) {
        if (answer.retryAfter === undefined) this.withoutRetryAfter.push(answer.text);
        await sleep(20);
      } else if (answer) this.refusals.push(`${answer.status} ${answer.text}`);
      else await sleep(20);
    }
  }

  private async spend() {
    const body = JSON.stringify({ refreshToken: this.token });
    const claims = {
      htu: addressOf(this.url, '/auth/refresh'),
      ...(this.nonce === undefined ? {} : { nonce: this.nonce }),
    };
    const proof = (await this.key?.headers('/auth/refresh', { claims })) ?? {};
    return this.answerTo(body, {
      ...{ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      ...proof,
    });
  }

  private answerTo(
    body: string,
    headers: OutgoingHttpHeaders,
  ): Promise<{ status: number; retryAfter: string | undefined; nonce: string | undefined; text: string }> {
    return new Promise((done, fail) => {
      const outgoing = request(
        `${this.url}/auth/refresh`,
        { method: 'POST', agent: this.agent, headers },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('error', fail);
          response.on('end', () =>
            done({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'],
              nonce: response.headers['dpop-nonce']?.toString(),
              text,
            }),
          );
        },
      );
      outgoing.setTimeout(10_000, () => outgoing.destroy(new Error('no answer within 10 s')));
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }
}

/** Every second one has a session that is bound to a key. */
async function clientsOf(url: string, count: number): Promise<Client[]> {
  const key = await ClientKey.make();
  const htu = addressOf(url, '/auth/login');
  return Promise.all(
    Array.from({ length: count }, async (_, at) =>
      at % 2 === 0
        ? new Client(url, await mobile(url))
        : new Client(url, await boundMobile(url, key, undefined, { claims: { htu } }), key),
    ),
  );
}

const progress = (clients: Client[], answers: number) => Promise.all(clients.map((each) => each.progress(answers)));
const refusalsOf = (clients: Client[]) => clients.flatMap((each) => each.refusals);

/** Restarts the service on one database and port while the clients continue; `end` ends each run. */
async function restarted(end: (run: Run, round: number) => Promise<void>): Promise<Client[]> {
  const folder = checkout();
  const settings = {
    ...databaseSettings(await cloneDatabase()),
    PORT: String(await freePort()),
    KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
    DRAIN_SECONDS: '0',
  };
  let run = await untilReady(await start(folder, { settings }));
  const clients = await clientsOf(run.url, 4);
  onTestFinished(async () => void (await Promise.all(clients.map((each) => each.stop()))));
  for (let round = 0; round < ROUNDS; round++) {
    await progress(clients, 2);
    await sleep((round * 7) % 30); // so that the end hits each phase of a refresh
    await end(run, round);
    run = await start(folder, { settings });
  }
  await progress(clients, 2);
  return clients;
}

it(`SIGTERM under a steady refresh load, ${ROUNDS} times: exit code 0, no answer lost, nobody logged out`, async () => {
  let replays = 0;
  const clients = await restarted(async (run) => {
    run.process.kill('SIGTERM');
    expect(await run.exited).toBe(0);
    // A client whose answer was lost retries with the same token, which is a replay.
    replays += run.events('refresh.replayed').length;
  });
  expect(refusalsOf(clients)).toEqual([]);
  expect(replays).toBe(0);
}, 300_000);

it(`kill -9 under a steady refresh load, ${ROUNDS} times: nobody is logged out (R8)`, async () => {
  const clients = await restarted(async (run) => {
    run.process.kill('SIGKILL');
    await run.exited;
  });
  expect(refusalsOf(clients)).toEqual([]);
}, 300_000);

it('an immediate restart of PostgreSQL under load: 503 with Retry-After, then recovery; no family lost or doubled', async () => {
  const folder = checkout();
  const run = await untilReady(await start(folder));
  const clients = await clientsOf(run.url, 6);
  onTestFinished(async () => void (await Promise.all(clients.map((each) => each.stop()))));
  for (let round = 0; round < 5; round++) {
    await progress(clients, 5);
    const lock = readFileSync(join(folder, '.data/postgres/data/postmaster.pid'), 'utf8');
    process.kill(Number(lock.split('\n')[0]), 'SIGQUIT'); // PostgreSQL's immediate shutdown; the service restarts it
    // A client may get an answer before the signal arrives; the next round must not meet the same server.
    await until('the service has noticed', () => run.events('database.embedded_died').length === round + 1);
    await Promise.all(clients.map((each) => each.progress(1, 30_000)));
  }
  await progress(clients, 5);
  await Promise.all(clients.map((each) => each.stop()));
  expect(refusalsOf(clients)).toEqual([]);
  expect(clients.flatMap((each) => each.withoutRetryAfter)).toEqual([]);
  expect(run.events('database.embedded_died')).toHaveLength(5);
  expect(run.events('refresh.reused')).toEqual([]);
  for (const { phone } of clients) {
    const generations = run
      .events('refresh.rotated')
      .filter((line) => line['sessionId'] === phone.session.id)
      .map((line) => line['generation'] as number);
    // Each generation is made once; a rotation whose answer was lost was replayed.
    expect(generations).toEqual([...new Set(generations)].toSorted((a, b) => a - b));
  }
}, 300_000);
