// Delivery of alerts by webhook, and the mode that only observes reuse.
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Alerts } from '../src/audit/alerts.js';
import { call, me, mobile, refresh } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { stopTime } from './support/still-time.js';
import { until } from './support/until.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly path: string;
}

/** A webhook receiver: `answers` holds the status of each answer; `hang` never answers. */
async function receiver(answers: (number | 'hang')[] = []) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body, path: request.url ?? '' });
      const status = answers[received.length - 1] ?? 204;
      if (status !== 'hang') response.writeHead(status, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  return {
    received,
    until: (count: number) => until(`${count} posts have come`, () => received.length >= count),
    settings: { ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/alerts`, ALERT_WEBHOOK_SECRET: secret },
  };
}

async function reuse(service: Service, agent = 'a thief') {
  const phone = await mobile(service.url);
  const second = (await refresh(service.url, phone.refreshToken)).json['refreshToken'] as string;
  await refresh(service.url, second);
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => refresh(service.url, phone.refreshToken, { 'user-agent': agent })),
  );
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  return phone;
}

const waiting = (service: Service) => service.query('SELECT attempts FROM alert_deliveries');

const untilLogged = (service: Service, event: string, count = 1): Promise<void> =>
  until(`${event} is logged`, () => service.log.filter((line) => line['event'] === event).length >= count);

describe('the webhook', () => {
  it('sends one signed alert for any number of reuses, with the evidence and its class', async () => {
    const there = await receiver();
    const service = await startServiceForTest(there.settings);
    const phone = await reuse(service);
    await there.until(1);
    await untilLogged(service, 'alert.delivered');
    expect(there.received).toHaveLength(1);
    const { headers, body } = there.received[0] as Received;
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      type: 'refresh.reused',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        userId: phone.user.id,
        sessionId: phone.session.id,
        gravity: 'likely_theft',
        generationsBehind: 2,
        addressChanged: false,
        userAgentChanged: true,
        proven: false,
        ended: true,
        ip: '127.0.0.1',
        userAgent: 'a thief',
        requestId: expect.any(String),
      },
    });
    expect(() => new Webhook(secret).verify(body.replace('likely_theft', 'lost_response'), headers)).toThrow(
      'No matching signature',
    );
    expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-timestamp': '1700000000' })).toThrow(
      'timestamp too old',
    );
    expect(await waiting(service)).toEqual([]);
  });

  it('retries with growing pauses and the same id until the alert arrives', async () => {
    const there = await receiver([500, 301, 429, 204]);
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const service = await stopTime(await startService(there.settings, { databaseUrl: proxy.url }));
    onTestFinished(async () => {
      await service.stop();
      proxy.close();
    });
    await reuse(service);
    const looks = /from "alert_deliveries" t where t.next_attempt_at/;
    for (const [failures, pause] of [
      [1, 5],
      [2, 10],
      [3, 20],
    ] as const) {
      await there.until(failures);
      await untilLogged(service, 'alert.delivery_failed', failures);
      await service.advance(pause - 2);
      const before = proxy.count(looks);
      service.app.get(Alerts).onNew();
      await until('it has looked for what is due', () => proxy.count(looks) >= before + 2);
      expect(there.received).toHaveLength(failures);
      await service.advance(3);
    }
    await untilLogged(service, 'alert.delivered');
    expect(new Set(there.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    // A redirect does not count as delivery, and is not followed.
    expect(there.received.map(({ path }) => path)).toEqual(['/alerts', '/alerts', '/alerts', '/alerts']);
    await until('its row is gone', async () => (await waiting(service)).length === 0);
  });

  it('delays no request while the receiver hangs, and delivers alerts of a service that has stopped', async () => {
    const there = await receiver(['hang']);
    const databaseUrl = await cloneDatabase();
    const first = await startService(there.settings, { databaseUrl });
    const phone = await reuse(first);
    await there.until(1);
    expect((await call(first.url, 'POST', '/auth/login', { body: phone.person })).status).toBe(200);
    await first.app.close();

    const second = await startService(there.settings, { databaseUrl });
    onTestFinished(() => second.stop());
    await second.advance(60);
    await there.until(2);
    await untilLogged(second, 'alert.delivered');
    expect(there.received[1]?.headers['webhook-id']).toBe(there.received[0]?.headers['webhook-id']);
  });

  it('gives up after a week, with an error in the log', async () => {
    const there = await receiver([500, 500]);
    const service = await startServiceForTest(there.settings);
    await reuse(service);
    await untilLogged(service, 'alert.delivery_failed');
    await service.advance(8 * 86_400);
    await untilLogged(service, 'alert.given_up');
    await until('its row is gone', async () => (await waiting(service)).length === 0);
  });

  it('sends each alert once from two instances', async () => {
    const there = await receiver();
    const databaseUrl = await cloneDatabase();
    const first = await startService(there.settings, { databaseUrl });
    const second = await startService(there.settings, { databaseUrl });
    onTestFinished(() => first.stop());
    onTestFinished(() => second.stop());
    await Promise.all([reuse(first), reuse(second), reuse(first), reuse(second)]);
    await there.until(4);
    await until('all have been carried', async () => (await waiting(first)).length === 0);
    expect(new Set(there.received.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
    expect(there.received).toHaveLength(4);
  });

  it('leaves no row if none is configured', async () => {
    const service = await startServiceForTest();
    await reuse(service);
    expect(await waiting(service)).toEqual([]);
  });
});

it('REFRESH_REUSE_MODE=observe records a reuse and raises one alert, but ends no session', async () => {
  const there = await receiver();
  const service = await startServiceForTest({ ...there.settings, REFRESH_REUSE_MODE: 'observe' });
  const phone = await mobile(service.url);
  const second = (await refresh(service.url, phone.refreshToken)).json['refreshToken'] as string;
  const third = (await refresh(service.url, second)).json;
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(service.url, phone.refreshToken)));
  for (const answer of answers) {
    expect(answer.json).toMatchObject({ status: 401, code: 'refresh_token_reused', session: 'keep' });
  }
  const alerts = service.log.filter((line) => line['alert']);
  expect(alerts).toMatchObject([{ event: 'refresh.reused', ended: false, gravity: 'copied_client' }]);
  expect(
    await service.query(`SELECT details->'ended' AS ended FROM audit_events WHERE type = 'refresh.reused'`),
  ).toEqual([{ ended: false }]);
  await there.until(1);
  expect(JSON.parse(there.received[0]?.body ?? '')).toMatchObject({ data: { ended: false } });
  expect((await me(service.url, third['accessToken'])).status).toBe(200);
  expect((await refresh(service.url, third['refreshToken'])).status).toBe(200);
});
