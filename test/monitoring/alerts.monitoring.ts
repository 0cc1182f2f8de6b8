// The alerts and the dashboard of deploy/ against a service under attack, read by a real Prometheus: what should fire does, and
// nothing else. Two alerts are about the speed of the machine, which a test must not judge: promtool's tests have them.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { planRevocation } from '../../src/keys/rotation.js';
import { SigningKeys } from '../../src/keys/signing-keys.js';
import { bearer, call, me, mobile, type Person, refresh, register } from '../support/client.js';
import { ask } from '../support/feed.js';
import { startMailServer } from '../support/mail-server.js';
import { freePort } from '../support/process.js';
import { hastened, type Prometheus, startPrometheus } from '../support/prometheus.js';
import { queriesOf } from '../support/promtool.js';
import { startRedis } from '../support/redis.js';
import { startRedisProxy } from '../support/redis-proxy.js';
import { cloneDatabase, type Service, startService } from '../support/service.js';
import { addService, introspect } from '../support/services.js';
import { databaseSettings } from '../support/settings.js';
import { until } from '../support/until.js';
import { UpstreamBrowser, withProviders } from '../support/upstream-way.js';

const OF_THE_MACHINE = new Set(['WatchwordEventLoopBlocked', 'WatchwordSlowRefreshes']);
const OUT_OF_REACH = ['WatchwordFeedStale', 'WatchwordNoPrimary', 'WatchwordNotReady', 'WatchwordServerErrors'];
const PATIENCE_MS = 60_000;

/** A receiver of alerts that can be away. */
async function startReceiver() {
  const receiver = { isAway: false, url: '' };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(receiver.isAway ? 503 : 204).end();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void server.close());
  receiver.url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  return receiver;
}

/** The server of the tests does not wait for its disk, which is an alert of its own. */
async function commitsLikeProduction(databaseUrl: string): Promise<void> {
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  await owner.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET synchronous_commit = on`);
  await owner.end();
}

/** A service, and the switches of everything that it needs. */
async function startWorld() {
  const databaseUrl = await cloneDatabase();
  await commitsLikeProduction(databaseUrl);
  const direct = new URL(databaseSettings(databaseUrl).DATABASE_URL);
  const [redis, metricsPort, mail, receiver] = await Promise.all([
    startRedis(),
    freePort(),
    startMailServer(),
    startReceiver(),
  ]);
  const [postgresProxy, redisProxy] = [await startRedisProxy(Number(direct.port)), await startRedisProxy(redis.port)];
  direct.host = `127.0.0.1:${postgresProxy.port}`;
  const settings = {
    ...mail.settings,
    METRICS_PORT: String(metricsPort),
    DATABASE_URL: direct.href,
    REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
    ALERT_WEBHOOK_URL: receiver.url,
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
    SPRAY_ACCOUNTS: '10',
    UNKNOWN_REFRESHES_PER_ADDRESS: '5',
    VERDICT_TIMEOUT_MS: '2000',
  };
  const nobody = {
    id: 'away',
    label: 'Away',
    issuer: 'http://127.0.0.1:9',
    clientId: 'w',
    clientSecretEnv: 'UPSTREAM_SECRET',
  };
  const service = await withProviders([nobody], (known) => startService({ ...settings, ...known }, { databaseUrl }));
  onTestFinished(() => service.stop());
  const rules = hastened(readFileSync('deploy/prometheus/watchword.rules.yml', 'utf8'));
  const prometheus = await startPrometheus(`127.0.0.1:${metricsPort}`, rules);
  return { service, prometheus, mail, receiver, postgresProxy, redisProxy };
}

/** Acts again and again until the test ends; what fails meanwhile is what the test is about. */
function meanwhile(act: () => Promise<unknown>): void {
  const end = new AbortController();
  const rounds = (async () => {
    while (!end.signal.aborted) {
      await act().catch(() => undefined);
      await sleep(250);
    }
  })();
  onTestFinished(() => {
    end.abort();
    return rounds;
  });
}

/** The usual traffic: a probe, a sibling that follows the feed, a client. */
async function live({ url }: Service): Promise<void> {
  let phone = await mobile(url);
  let etag: string | undefined;
  meanwhile(() => call(url, 'GET', '/health/ready'));
  meanwhile(async () => {
    const answer = await ask(url, etag, 1);
    etag = answer.status === 503 ? undefined : String(answer.headers['etag']);
  });
  meanwhile(async () => {
    await me(url, phone.accessToken);
    const answer = await refresh(url, phone.refreshToken);
    if (answer.status === 200) phone = { ...phone, ...(answer.json as typeof phone) };
  });
}

/** What fires from now on, until all of it has, and until none of it does after the cure. */
async function expectAlerts(
  prometheus: Prometheus,
  expected: readonly string[],
  { act, cure }: { readonly act: () => Promise<unknown>; readonly cure?: () => Promise<unknown> | void },
): Promise<void> {
  const begin = performance.now();
  const fired = async (): Promise<string[]> => {
    const all = await prometheus.fired((performance.now() - begin) / 1_000);
    return all.filter((name) => !OF_THE_MACHINE.has(name));
  };
  const has = (all: readonly string[]) => expected.every((name) => all.includes(name));
  await act();
  await until(`${expected.join(', ')} fires`, async () => has(await fired()), PATIENCE_MS).catch(
    async (cause: unknown) => {
      throw new Error(`fired: ${(await fired()).join(', ')}`, { cause });
    },
  );
  await cure?.();
  const quiet = async () => (await prometheus.fired()).every((name) => OF_THE_MACHINE.has(name));
  await until('all is quiet again', quiet, PATIENCE_MS);
  expect(await fired()).toEqual([...expected].toSorted());
}

async function inRounds(act: () => Promise<unknown>): Promise<void> {
  for (let round = 0; round < 30; round++) await Promise.all(Array.from({ length: 5 }, act));
}

const login = (url: string, { email }: Pick<Person, 'email'>) =>
  call(url, 'POST', '/auth/login', { body: { email, password: 'not the right passphrase' } });

async function steal({ url }: Service): Promise<void> {
  const phone = await mobile(url);
  const second = (await refresh(url, phone.refreshToken)).json['refreshToken'] as string;
  await refresh(url, second);
  expect((await refresh(url, phone.refreshToken, { 'user-agent': 'a thief' })).status).toBe(401);
}

it('each attack and each outage fires its alerts and no other, and the dashboard has data for each query', async () => {
  const world = await startWorld();
  const { service, prometheus, mail, receiver, postgresProxy, redisProxy } = world;
  const { url } = service;
  const step = (name: string) => process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${name}\n`);

  step('ordinary life');
  await live(service);
  const client = await addService(service);
  const { accessToken } = await mobile(url);
  await introspect(url, client, accessToken);
  await new UpstreamBrowser(url, 'away').navigate('/auth/upstream/away', 'none');
  await call(url, 'POST', '/auth/logout', { headers: bearer(accessToken) });
  await expectAlerts(prometheus, [], { act: () => sleep(8_000) });

  step('a stolen refresh token');
  await expectAlerts(prometheus, ['WatchwordLikelyTheft'], { act: () => steal(service) });

  step('a key is revoked: no alert');
  const [{ kid } = { kid: '' }] = (await call(url, 'GET', '/.well-known/jwks.json')).json['keys'];
  const operator = { ip: null, userAgent: 'cli tests@here', requestId: randomUUID() };
  const revoke = () => service.app.get(SigningKeys).change((keys, now) => planRevocation(keys, kid, now), [], operator);
  await expectAlerts(prometheus, [], { act: () => revoke().then(() => sleep(8_000)) });

  step('guesses at one account');
  const victim = await register(url);
  await expectAlerts(prometheus, ['WatchwordGuessing'], { act: () => inRounds(() => login(url, victim)) });

  step('a spray');
  const people = await Promise.all(Array.from({ length: 14 }, () => register(url)));
  await expectAlerts(prometheus, ['WatchwordSpray'], {
    act: async () => {
      for (const person of people) await login(url, person);
    },
  });

  step('a flood of refresh tokens that name no session');
  const lost = await mobile(url);
  await service.query('DELETE FROM refresh_tokens WHERE user_id = $1', [lost.user.id]);
  const flood = () => inRounds(() => refresh(url, lost.refreshToken));
  await expectAlerts(prometheus, ['WatchwordFlood'], { act: flood });

  step('the receiver of alerts is away');
  receiver.isAway = true;
  await expectAlerts(prometheus, ['WatchwordLikelyTheft', 'WatchwordAlertsNotDelivered'], {
    act: () => steal(service),
    cure: () => void (receiver.isAway = false),
  });

  step('the mail server is away');
  await mail.close();
  await expectAlerts(prometheus, ['WatchwordMailStuck'], {
    act: async () => {
      await call(url, 'POST', '/auth/password/forgot', { body: { email: victim.email } });
      await service.advance(400);
    },
    cure: async () => {
      const again = await startMailServer({ port: mail.port });
      onTestFinished(() => again.close());
      await service.advance(120);
    },
  });

  step('Redis is away');
  const phones = await Promise.all(Array.from({ length: 12 }, () => mobile(url)));
  await expectAlerts(prometheus, ['WatchwordRedisAway', 'WatchwordRevocationsUnconfirmed', 'WatchwordServerErrors'], {
    act: async () => {
      redisProxy.cut();
      for (const phone of phones) await call(url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
    },
    cure: () => redisProxy.heal(),
  });

  step('PostgreSQL is away');
  await expectAlerts(prometheus, OUT_OF_REACH, {
    act: () => Promise.resolve(postgresProxy.cut()),
    cure: () => postgresProxy.heal(),
  });

  step('the dashboard');
  const empty = [];
  for (const { title, expr } of queriesOf(readFileSync('deploy/grafana/watchword.json', 'utf8'), '10m')) {
    const series = await prometheus.query(expr);
    if (!series.some(({ value }) => Number.isFinite(value))) empty.push(`${title}: ${expr}`);
  }
  expect(empty).toEqual([]);
});
