// While Redis is slow, silent, down, full or wrong, callers receive the right verdict, if necessary from PostgreSQL.
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { bearer, Browser, call, me, mobile, refresh, register } from './support/client.js';
import { expectAlive, expectDead, figure, keyOf, logout, twoInstances, warmPhone } from './support/instances.js';
import { startRedis, type RedisServer } from './support/redis.js';
import { acceptWrites, refuseWrites, startLoading } from './support/redis-faults.js';
import { type RedisProxy, startRedisProxy } from './support/redis-proxy.js';
import { startReplicaPair } from './support/redis-replication.js';
import { type Service, startService, cloneDatabase } from './support/service.js';
import { until } from './support/until.js';

type Fault = (redis: RedisServer, proxy: RedisProxy) => unknown;

const faults: [string, Fault, Fault][] = [
  ['is killed', (redis) => redis.kill(), (redis) => redis.start()],
  ['is stopped in its tracks', (redis) => redis.pause(), (redis) => redis.resume()],
  ['is cut off', (_, proxy) => proxy.cut(), (_, proxy) => proxy.heal()],
  ['is behind a partition', (_, proxy) => proxy.hold(), (_, proxy) => proxy.heal()],
  ['answers after 3 s', (_, proxy) => proxy.delay(3_000), (_, proxy) => proxy.heal()],
];

describe('while Redis', () => {
  it.each(faults)(
    '%s, PostgreSQL gives the right verdicts, and Redis is used again afterwards (V4)',
    async (_, begin, end) => {
      const redis = await startRedis();
      const proxy = await startRedisProxy(redis.port);
      const services = await twoInstances({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '100' });
      const [one] = services;
      const alive = await warmPhone(services);
      const dead = await warmPhone(services);
      const gone = await mobile(one.url);
      expect((await logout(one, gone)).status).toBe(204);

      await begin(redis, proxy);
      const answer = await logout(one, dead);
      expect(answer.json).toMatchObject({ status: 503, code: 'revocation_unconfirmed', session: 'ended' });
      expect(answer.headers['retry-after']).toBe('1');
      for (let round = 0; round < 3; round++) {
        await expectAlive(services, alive);
        await expectDead(services, gone);
        await expectDead(services, dead); // nobody can read the entry in Redis
      }
      expect((await refresh(one.url, dead.refreshToken)).json['code']).toBe('refresh_token_invalid');
      expect((await call(one.url, 'GET', '/health/ready')).status).toBe(200);

      await end(redis, proxy);
      await until('the outbox is empty', async () => (await one.query('SELECT 1 FROM revocation_outbox')).length === 0);
      await expectDead(services, dead);
      const before = await figure(one, 'watchword_verdicts_total{source="redis"}');
      await until('Redis decides again', async () => {
        await expectAlive(services, alive);
        return (await figure(one, 'watchword_verdicts_total{source="redis"}')) > before;
      });
    },
    120_000,
  );

  it('has half-open connections, live tokens are accepted and a revocation succeeds on new connections (V4)', async () => {
    const redis = await startRedis();
    const proxy = await startRedisProxy(redis.port);
    const services = await twoInstances({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '100' });
    const alive = await warmPhone(services);
    const phone = await warmPhone(services);
    proxy.forget();
    await expectAlive(services, alive);
    await until('a logout is confirmed', async () => (await logout(services[0], phone)).status === 204);
    await expectDead(services, phone);
    await expectAlive(services, alive);
  }, 180_000);

  it('loads its data, or is a replica that may not write, PostgreSQL gives the verdicts (V4)', async () => {
    const redis = await startRedis();
    const services = await twoInstances({ REDIS_URL: redis.url });
    const alive = await warmPhone(services);
    const gone = await mobile(services[0].url);
    expect((await logout(services[0], gone)).status).toBe(204);
    const loaded = await startLoading(redis, 'in place');
    await expectAlive(services, alive);
    await expectDead(services, gone);
    await loaded();

    const pair = await startReplicaPair();
    const onReplica = await twoInstances({ REDIS_URL: pair.replica.url });
    const phone = await mobile(onReplica[0].url);
    await expectAlive(onReplica, phone);
    expect((await logout(onReplica[0], phone)).json['code']).toBe('revocation_unconfirmed');
    await expectDead(onReplica, phone);
  }, 180_000);

  it('and PostgreSQL are both down: 503 and keep, never 401, no token accepted, and full recovery afterwards (V4)', async () => {
    const redis = await startRedis();
    const services = await twoInstances({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100', VERDICT_TIMEOUT_MS: '2000' });
    const alive = await warmPhone(services);
    const dead = await mobile(services[0].url);
    await logout(services[0], dead);
    const name = new URL(services[0].databaseUrl).pathname.slice(1);
    const admin = new pg.Client({ connectionString: inject('postgresUrl') });
    await admin.connect();
    onTestFinished(() => admin.end());
    const database = async (isThere: boolean) => {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${isThere}`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    };

    const seen = { alive: new Set<number>(), dead: new Set<number>() };
    const round = { isOver: false };
    const load = services.map(async ({ url }) => {
      while (!round.isOver) {
        seen.alive.add((await me(url, alive.accessToken)).status);
        seen.dead.add((await me(url, dead.accessToken)).status);
      }
    });
    await redis.kill();
    await database(false);
    for (const { url } of services) {
      for (const token of [alive.accessToken, dead.accessToken]) {
        const answer = await me(url, token);
        expect(answer.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
        expect(answer.headers['retry-after']).toBe('1');
      }
    }
    await database(true);
    await redis.start();
    await until(
      'both are used again',
      async () => {
        await expectAlive(services, alive);
        await expectDead(services, dead);
        return (await call(services[0].url, 'GET', '/health/ready')).text === '{"status":"ready"}';
      },
      10_000,
    );
    round.isOver = true;
    await Promise.all(load);
    expect([...seen.alive].toSorted()).toEqual([200, 503]);
    expect([...seen.dead].toSorted()).toEqual([401, 503]);
  }, 90_000);
});

describe('where Redis answers reads and refuses writes', () => {
  it('a revocation is committed and answered with 503; the outbox delivers it, and the old entry lives under a minute (V5)', async () => {
    const redis = await startRedis();
    const services = await twoInstances({ REDIS_URL: redis.url });
    const [one, two] = services;
    const phone = await warmPhone(services);
    await refuseWrites(redis);
    const answer = await logout(one, phone);
    expect(answer.json).toMatchObject({ status: 503, code: 'revocation_unconfirmed', session: 'ended' });
    expect((await refresh(one.url, phone.refreshToken)).json['code']).toBe('refresh_token_invalid');
    expect(await one.query('SELECT 1 FROM revocation_outbox')).toHaveLength(1);
    expect(Number(await redis.cli('PTTL', keyOf(phone)))).toBeLessThan(60_000);
    // A route that skips the verdict cache is not affected.
    expect((await call(two.url, 'DELETE', '/auth/sessions', { headers: bearer(phone.accessToken) })).status).toBe(401);

    await acceptWrites(redis);
    await until('the outbox is empty', async () => (await one.query('SELECT 1 FROM revocation_outbox')).length === 0);
    await expectDead(services, phone);
  });

  it('the same happens if too few replicas confirm', async () => {
    const redis = await startRedis();
    const services = await twoInstances({ REDIS_URL: redis.url, REDIS_MIN_REPLICAS: '1' });
    const phone = await warmPhone(services);
    expect((await logout(services[0], phone)).json['code']).toBe('revocation_unconfirmed');
    await expectDead(services, phone); // the primary has received it
    const pair = await startReplicaPair();
    const confirmed = await twoInstances({ REDIS_URL: pair.master.url, REDIS_MIN_REPLICAS: '1' });
    expect((await logout(confirmed[0], await warmPhone(confirmed))).status).toBe(204);
  });

  it('replicas that are down for long delay no deletion: each is sent with one of the next batches', async () => {
    const pair = await startReplicaPair();
    const services = await twoInstances({ REDIS_URL: pair.master.url, REDIS_MIN_REPLICAS: '1' });
    const [one] = services;
    const others = await Promise.all(Array.from({ length: 24 }, () => warmPhone(services)));
    const last = await warmPhone(services);
    pair.replica.pause();
    onTestFinished(() => pair.replica.resume());
    const answers = await Promise.all(others.map((phone) => logout(one, phone)));
    expect(new Set(answers.map(({ json }) => json['code']))).toEqual(new Set(['revocation_unconfirmed']));
    // A batch ends with one WAIT, and each round of the outbox sends all rows.
    const batches = async () =>
      Number(/cmdstat_wait:calls=(\d+)/.exec(await pair.master.cli('INFO', 'commandstats'))?.[1] ?? 0);
    const atFirst = await batches();
    await until('rounds have gone by', async () => (await batches()) >= atFirst + 6);
    expect(await pair.master.cli('EXISTS', keyOf(last))).toBe(1);
    const before = await batches();
    const held = logout(one, last);
    await until('the primary has heard', async () => (await pair.master.cli('EXISTS', keyOf(last))) === 0);
    expect((await batches()) - before).toBeLessThan(others.length / 2); // sent one by one, it would be all of them
    expect((await held).json['code']).toBe('revocation_unconfirmed');
    pair.replica.resume();
    await until('the outbox is empty', async () => (await one.query('SELECT 1 FROM revocation_outbox')).length === 0);
  });

  it('a browser is logged out nevertheless, and a sign-in that replaces a session succeeds', async () => {
    const redis = await startRedis();
    const [one] = await twoInstances({ REDIS_URL: redis.url });
    const person = await register(one.url);
    const browser = await Browser.signedIn(one.url, person);
    await refuseWrites(redis);
    expect((await browser.go('POST', '/auth/login', { body: person })).status).toBe(200);
    expect((await browser.go('POST', '/auth/logout')).json['code']).toBe('revocation_unconfirmed');
    expect(browser.jar.size).toBe(0);
    const other = await Browser.signedIn(one.url, person);
    expect((await other.go('DELETE', '/auth/refresh')).json['code']).toBe('revocation_unconfirmed');
    expect(other.jar.size).toBe(0);
  });

  it('the end of another session keeps the caller’s own', async () => {
    const redis = await startRedis();
    const [one] = await twoInstances({ REDIS_URL: redis.url });
    const phone = await mobile(one.url);
    const tablet = await mobile(one.url, phone.person);
    await refuseWrites(redis);
    const end = (path: string) =>
      call(one.url, 'DELETE', `/auth/sessions${path}`, { headers: bearer(phone.accessToken) });
    expect((await end(`/${tablet.session.id}`)).json).toMatchObject({
      code: 'revocation_unconfirmed',
      session: 'keep',
    });
    expect((await end(`/${phone.session.id}`)).json).toMatchObject({
      code: 'revocation_unconfirmed',
      session: 'ended',
    });
  });
});

it('errors of Redis open the breaker, and its recovery closes it', async () => {
  const redis = await startRedis();
  const [one, two] = await twoInstances({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '200' });
  const phone = await warmPhone([one, two]);
  redis.pause();
  await until('the breaker is open', async () => {
    await expectAlive([one], phone);
    return (await figure(one, 'watchword_redis_breaker{state="open"}')) === 1;
  });
  redis.resume();
  await until('the breaker is closed', async () => {
    await expectAlive([one], phone);
    return (await figure(one, 'watchword_redis_breaker{state="open"}')) === 0;
  });
}, 180_000);

it('PostgreSQL answers for entries that Redis evicts, and no revoked token is accepted (V2)', async () => {
  const redis = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru'] });
  const services = await twoInstances({ REDIS_URL: redis.url });
  const [one, two] = services;
  const alive = await warmPhone(services);
  for (let round = 0; round < 8; round++) {
    const phone = await warmPhone(services);
    const filling = Promise.all(
      Array.from({ length: 5 }, (_, part) => redis.cli('DEBUG', 'POPULATE', 600, `filler:${round}:${part}`, 1_000)),
    );
    expect((await logout(round % 2 === 0 ? one : two, phone)).status).toBe(204);
    await expectDead(services, phone);
    await filling;
    await expectDead(services, phone);
    await expectAlive(services, alive);
  }
  expect(Number(await redis.info('evicted_keys'))).toBeGreaterThan(0);
});

it('a Redis that hides its run_id is refused at start, with the reason', async () => {
  const redis = await startRedis();
  // Like the proxy of a managed service: its answers do not name the server.
  const { createServer, connect } = await import('node:net');
  const proxy = createServer((client) => {
    const server = connect(redis.port, '127.0.0.1');
    client.on('error', () => server.destroy()).pipe(server);
    server.on('error', () => client.destroy());
    server.on('data', (chunk) =>
      client.write(Buffer.from(chunk.toString('latin1').replace(/run_id:/g, 'hidden:'), 'latin1')),
    );
    client.on('close', () => server.destroy());
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as { port: number };
  const start = async (): Promise<Service> =>
    startService({ REDIS_URL: `redis://127.0.0.1:${port}` }, { databaseUrl: await cloneDatabase() });
  await expect(start()).rejects.toThrow(/hides its run_id/);
});

it('login, refresh and revocation racing each other through two instances and Redis: nothing minted survives the 2xx (R7)', async () => {
  const redis = await startRedis();
  const services = await twoInstances({ REDIS_URL: redis.url });
  const [one, two] = services;
  for (let round = 0; round < 40; round++) {
    const phone = await warmPhone(services);
    const [here, there] = round % 2 === 0 ? [one, two] : [two, one];
    const isAll = round % 4 < 2;
    const path = isAll ? '/auth/logout-all' : '/auth/logout';
    const [end, minted] = await Promise.all([
      call(here.url, 'POST', path, { headers: bearer(phone.accessToken) }),
      refresh(there.url, phone.refreshToken),
    ]);
    expect(end.status).toBe(204);
    const tokens = [phone.accessToken, ...(minted.status === 200 ? [minted.json['accessToken'] as string] : [])];
    for (const token of tokens) for (const { url } of services) expect((await me(url, token)).status).toBe(401);
  }
}, 180_000);
