// A crowd of refreshes, as after an outage: those that would be answered too late are refused at once.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DatabasePool } from '../src/database/database-pool.js';
import { Admission } from '../src/limits/admission.js';
import { firstRefreshToken, formatRefreshToken } from '../src/tokens/refresh-token.js';
import { mobile, refresh } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

/** More than always have a place, and than are answered within two seconds where each takes 5 ms, the first guess. */
const CROWD = 401;
const madeUp = () => formatRefreshToken(firstRefreshToken(randomUUID()));

it('a refresh that would be answered too late is refused at once, keeps its session, and works when the crowd has gone', async () => {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  const service = await startService({ RATE_LIMITS: 'off' }, { databaseUrl: proxy.url });
  onTestFinished(async () => {
    await service.stop();
    proxy.close();
  });
  const phone = await mobile(service.url);
  let { refreshToken } = phone;
  proxy.slowDown(/set previous_token/, () => 100);
  for (let i = 0; i < 16; i++) ({ refreshToken } = (await refresh(service.url, refreshToken)).json);
  const crowding = { isOver: false };
  const stay = async () => {
    while (!crowding.isOver) await refresh(service.url, madeUp());
  };
  const crowd = Array.from({ length: 80 }, stay);

  const refused = await vi.waitUntil(
    async () => {
      const answer = await refresh(service.url, 'no token');
      return answer.status === 503 && answer;
    },
    { timeout: 30_000 },
  );
  expect(refused.json).toMatchObject({ status: 503, code: 'overloaded', session: 'keep' });
  expect(Number(refused.headers['retry-after'])).toBe(refused.json.retryAfter);

  crowding.isOver = true;
  await Promise.all(crowd);
  expect((await refresh(service.url, refreshToken)).status).toBe(200);
});

it('those who send half a request take no place from others', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const { hostname, port } = new URL(service.url);
  const half = `POST /auth/refresh HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{`;
  const sockets = await Promise.all(
    Array.from(
      { length: CROWD + 1 },
      () =>
        new Promise<ReturnType<typeof connect>>((done) => {
          const socket = connect(Number(port), hostname, () => socket.write(half, () => done(socket)));
          socket.on('error', () => undefined);
        }),
    ),
  );
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  const statuses = new Set<number>();
  for (let i = 0; i < 50; i++) statuses.add((await refresh(service.url, 'no token')).status);
  expect([...statuses]).toEqual([401]);
});

it('the grace stands still while refreshes are refused: a client that was kept waiting is no thief', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '2' });
  const { pool } = service.app.get(DatabasePool);
  const admission = service.app.get(Admission);
  await until('the database was asked', () => pool.outages.graceOf(2) === 2);
  const before = pool.outages.graceOf(2);
  const ids = Array.from({ length: CROWD }, (_, i) => `${i}`);
  for (const id of ids) admission.enter(id);
  await until('the grace has grown', async () => {
    const { status } = await refresh(service.url, 'no token');
    expect(status).toBe(503);
    return pool.outages.graceOf(2) > before + 2;
  });
});
