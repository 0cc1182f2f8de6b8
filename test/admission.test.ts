// A crowd of refreshes, as after an outage: those that would be answered too late are refused at once.
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { DatabasePool } from '../src/database/database-pool.js';
import { Admission } from '../src/limits/admission.js';
import { Metrics } from '../src/telemetry/metrics.js';
import { firstRefreshToken, formatRefreshToken } from '../src/tokens/refresh-token.js';
import { mobile, refresh } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

/** As many as have a place before an instance has measured how fast it is. */
const CROWD = 400;
const BODY = JSON.stringify({ refreshToken: formatRefreshToken(firstRefreshToken(randomUUID())) });

/** @returns what makes them leave */
function crowdOf(service: Service, count = CROWD): () => void {
  const admission = service.app.get(Admission);
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const id of ids) admission.enter(id);
  return () => ids.forEach((id) => admission.leave(id, false));
}

/** A connection on which the headers of a refresh were sent, and nothing of its body. */
class HalfRequest {
  answer = '';

  private constructor(private readonly socket: Socket) {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (data) => (this.answer += data.toString()));
  }

  static async of(service: Service): Promise<HalfRequest> {
    const { hostname, port, host } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const half = new HalfRequest(socket);
    const length = `content-type: application/json\r\ncontent-length: ${BODY.length}`;
    const headers = `POST /auth/refresh HTTP/1.1\r\nhost: ${host}\r\n${length}\r\n\r\n`;
    await new Promise<void>((sent) => socket.write(headers, () => sent()));
    return half;
  }

  sendRest(): void {
    this.socket.write(BODY);
  }

  leave(): void {
    this.socket.destroy();
  }
}

it('a refresh that would be answered too late is refused at once, keeps its session, and works when the crowd has gone', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phone = await mobile(service.url);
  const leave = crowdOf(service);
  const refused = await refresh(service.url, phone.refreshToken);
  expect(refused.json).toMatchObject({ status: 503, code: 'overloaded', session: 'keep', retryAfter: 1 });
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    'content-type': expect.stringContaining('problem+json'),
  });
  expect(refused.headers['x-request-id']).toBe(refused.json.requestId);
  leave();
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
});

it('a refresh is refused before its body has come, and the connection stays open', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const leave = crowdOf(service);
  const half = await HalfRequest.of(service);
  await until('the headers are answered', () => half.answer.includes('"code":"overloaded"'));
  expect(half.answer).toMatch(/^HTTP\/1.1 503 .*\r\n/);
  expect(half.answer.toLowerCase()).not.toContain('connection: close');
  leave();
  half.sendRest();
});

it('those who send half a request take no place from others', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  await Promise.all(Array.from({ length: CROWD + 1 }, () => HalfRequest.of(service)));
  const statuses = new Set<number>();
  for (let i = 0; i < 50; i++) statuses.add((await refresh(service.url, 'no token')).status);
  expect([...statuses]).toEqual([401]);
});

it('those who send the rest of their requests when the places are taken get none', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const half = await HalfRequest.of(service);
  await until('its headers were read', async () => (await refresh(service.url, 'no token')).status === 401);
  crowdOf(service);
  half.sendRest();
  await until('it is answered', () => half.answer.includes('"code":'));
  expect(half.answer).toContain('"code":"overloaded"');
});

it('a place is given back also by a client that has left', async () => {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  const service = await startService({ RATE_LIMITS: 'off' }, { databaseUrl: proxy.url });
  onTestFinished(async () => {
    await service.stop();
    proxy.close();
  });
  const { refreshToken } = await mobile(service.url);
  crowdOf(service, CROWD - 1);
  proxy.slowDown(/set previous_token/, () => 500);
  const half = await HalfRequest.of(service);
  half.sendRest();
  const statusNow = async () => (await refresh(service.url, 'no token')).status;
  await until('the last place is taken', async () => (await statusNow()) === 503);
  half.leave();
  await until('the place is free', async () => (await statusNow()) === 401);
  expect((await refresh(service.url, refreshToken)).status).toBe(200);
});

it('a crowd that is refused writes a line a second, and each refusal is counted', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  crowdOf(service);
  const started = performance.now();
  const refused = await Promise.all(Array.from({ length: 200 }, () => refresh(service.url, 'no token')));
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
  const lines = () => service.log.filter(({ event, code }) => event === 'request.refused' && code === 'overloaded');
  const told = () => lines().reduce((sum, { more = 1 }) => sum + Number(more), 0);
  await until('every refusal is told', () => told() === 200);
  expect(lines().length).toBeLessThan(3 + (performance.now() - started) / 1_000);
  const metrics = await service.app.get(Metrics).registry.metrics();
  expect(metrics).toMatch(/^watchword_http_request_seconds_count{[^}]*route="\/auth\/refresh",status="503"} 200$/m);
});

it('the grace stands still while refreshes are refused: a client that was kept waiting is no thief', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '2' });
  const { pool } = service.app.get(DatabasePool);
  await until('the database was asked', () => pool.outages.graceOf(2) === 2);
  const before = pool.outages.graceOf(2);
  crowdOf(service);
  await until('the grace has grown', async () => {
    const { status } = await refresh(service.url, 'no token');
    expect(status).toBe(503);
    return pool.outages.graceOf(2) > before + 2;
  });
});
