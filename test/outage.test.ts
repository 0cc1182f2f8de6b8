// During an outage of the database callers receive 503 and keep; afterwards everything works as before.
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { Database } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { isDatabaseUnavailable } from '../src/database/connections/unavailable.js';
import { firstRefreshToken, formatRefreshToken } from '../src/tokens/refresh-token.js';
import { bearer, call, me, mobile, refresh } from './support/client.js';
import { cloneDatabase, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

it('without its database the service answers 503 unavailable, never 401, and nobody is logged out', async () => {
  const service = await startServiceForTest();
  const phone = await mobile(service.url);
  const name = new URL(service.databaseUrl).pathname.slice(1);
  const admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  const cut = async (isCut: boolean) => {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${!isCut}`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  };

  await cut(true);
  const answers = [
    await me(service.url, phone.accessToken),
    await refresh(service.url, phone.refreshToken),
    await call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) }),
    await call(service.url, 'POST', '/auth/login', { body: { ...phone.person, transport: 'bearer' } }),
    await call(service.url, 'GET', '/health/ready'),
  ];
  for (const answer of answers) {
    expect(answer.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep', retryAfter: 1 });
    expect(answer.headers['retry-after']).toBe('1');
  }
  expect((await call(service.url, 'GET', '/health/live')).status).toBe(200);
  expect((await call(service.url, 'GET', '/.well-known/jwks.json')).status).toBe(200);

  await cut(false);
  await admin.end();
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  expect((await call(service.url, 'GET', '/health/ready')).json).toEqual({ status: 'ready' });
});

it('an unexpected error is answered with 500 internal_error without detail; the log has the cause', async () => {
  const service = await startServiceForTest();
  const phone = await mobile(service.url);
  await service.query('DROP TABLE access_revocations');
  const answer = await me(service.url, phone.accessToken);
  expect(answer.json).toMatchObject({ status: 500, code: 'internal_error', session: 'keep' });
  expect(answer.text).not.toMatch(/access_revocations|select/i);
  const logged = service.log.find((line) => line['requestId'] === answer.json['requestId']);
  expect(logged).toMatchObject({ level: 'error', cause: { message: expect.stringContaining('access_revocations') } });
});

it('a connection lost within a transaction is answered with 503, changes nothing, and the process survives', async () => {
  const service = await startServiceForTest({ DATABASE_POOL_SIZE: '2' });
  const phone = await mobile(service.url);
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  for (let round = 0; round < 4; round++) {
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [phone.user.id]);
    const answer = call(service.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
    let killed = 0;
    while (killed === 0) {
      const waiting = await service.query<object>(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      killed = waiting.length;
    }
    expect((await answer).json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    await other.query('COMMIT');
  }
  await other.end();
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
});

it('a connection lost between two statements of a transaction ends neither the process nor the pool', async () => {
  const service = await startServiceForTest({ DATABASE_POOL_SIZE: '2' });
  const database = service.app.get(Database);
  for (let round = 0; round < 4; round++) {
    const torn = inTransaction(database, async (tx) => {
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await service.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      const left = () => service.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]);
      await until('it is lost', async () => (await left()).length === 0);
      return tx.execute(sql`select 1`);
    });
    await expect(torn).rejects.toSatisfy(isDatabaseUnavailable);
  }
  expect((await call(service.url, 'GET', '/health/ready')).status).toBe(200);
});

it('a silent database is answered with 503 within seconds, and the pool recovers when it answers again', async () => {
  const { service, proxy } = await startBehindSilence();
  const phone = await mobile(service.url);

  proxy.silence();
  const answers = await Promise.all([
    // More than fit into one statement: they wait no longer than the first.
    ...Array.from({ length: 1_400 }, () => me(service.url, phone.accessToken)),
    refresh(service.url, phone.refreshToken),
    call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) }),
  ]);
  for (const answer of answers)
    expect(answer.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });

  proxy.speak();
  for (let round = 0; round < 4; round++) expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
});

it('refreshes during a silence of over a minute get 503 within seconds, and none runs later for a disconnected client', async () => {
  const { service, proxy } = await startBehindSilence();
  const phones = await Promise.all(Array.from({ length: 20 }, () => mobile(service.url)));
  const generations = async () =>
    (await service.query<{ generation: number }>('SELECT generation FROM refresh_tokens')).map((row) => row.generation);

  proxy.silence();
  service.clock.shiftSeconds += 61; // the keys were confirmed by the database this long ago
  for (const answer of await Promise.all(phones.map(({ refreshToken }) => refresh(service.url, refreshToken))))
    expect(answer.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
  proxy.speak();
  service.clock.shiftSeconds = 0;

  const stranger = formatRefreshToken(firstRefreshToken(randomUUID()));
  await until('refreshes are judged again', async () => (await refresh(service.url, stranger)).status === 401);
  expect(await generations()).toEqual(phones.map(() => 0));
  for (const { refreshToken } of phones) expect((await refresh(service.url, refreshToken)).status).toBe(200);
}, 60_000);

it('refreshes that fail in an outage do not count towards the limit of their family, forged or not', async () => {
  const { service, proxy } = await startBehindSilence();
  const phone = await mobile(service.url);
  const stranger = formatRefreshToken(firstRefreshToken(randomUUID()));
  proxy.close();
  for (let attempt = 0; attempt < 70; attempt++)
    for (const token of [phone.refreshToken, stranger])
      expect((await refresh(service.url, token)).json).toMatchObject({ code: 'unavailable', session: 'keep' });
  await proxy.open();
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  expect((await refresh(service.url, stranger)).json['code']).toBe('refresh_token_invalid');
}, 60_000);

async function startBehindSilence() {
  const databaseUrl = new URL(await cloneDatabase());
  const proxy = await silenceable(Number(databaseUrl.port));
  databaseUrl.port = String(proxy.port);
  const service = await startService({ DATABASE_POOL_SIZE: '2' }, { databaseUrl: databaseUrl.href });
  onTestFinished(async () => {
    proxy.speak();
    await service.stop();
    proxy.close();
  });
  return { service, proxy };
}

/** A connection to the database that can become silent without closing, as in a network failure. */
async function silenceable(target: number) {
  let isSilent = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => isSilent || to.write(chunk));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  const listen = (port: number) => new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  await listen(0);
  const { port } = server.address() as { port: number };
  return {
    port,
    open: () => listen(port),
    silence: () => void (isSilent = true),
    speak: () => void (isSilent = false),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
