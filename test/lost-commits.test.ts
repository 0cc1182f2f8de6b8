// Fail-overs that lose commits: what was revoked with a 2xx is revoked again, and somebody is told.
import { describe, expect, it, onTestFinished } from 'vitest';
import { bearer, call, me, mobile, refresh } from './support/client.js';
import { figure, logout, patient } from './support/instances.js';
import { startRedisProxy } from './support/redis-proxy.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { databaseSettings, SERVICE_ROLE } from './support/settings.js';
import { type Pair, startPair } from './support/streaming-standby.js';

async function onBoth({ primary, standby }: Pair): Promise<Service> {
  const both = (role: string) =>
    primary.url(role).replace(`:${primary.port}/`, `:${primary.port},127.0.0.1:${standby.port}/`);
  const settings = { DATABASE_URL: both(SERVICE_ROLE), DATABASE_OWNER_URL: both('watchword') };
  const service = await startService({ ...patient, ...settings }, { databaseUrl: primary.url() });
  onTestFinished(() => service.app.close());
  return service;
}

const lines = ({ log }: Service, event: string) => log.filter((line) => line['event'] === event);

async function failOver(pair: Pair, service: Service) {
  await pair.primary.stop('SIGKILL');
  await pair.promote();
  await expect.poll(() => lines(service, 'database.timeline_changed'), { timeout: 30_000 }).toHaveLength(1);
  return lines(service, 'database.timeline_changed')[0];
}

const atRisk = 'watchword_database_commits_at_risk{reason="asynchronous_standby"}';

describe('a fail-over', () => {
  it('that loses logouts has them repeated: the tokens are refused, the sessions are dead, and an alert says so', async () => {
    const pair = await startPair();
    const service = await onBoth(pair);
    await expect
      .poll(() => lines(service, 'database.commits_at_risk'))
      .toMatchObject([{ reason: 'asynchronous_standby' }]);
    expect(await figure(service, atRisk)).toBe(1);
    const [one, all, kept] = [await mobile(service.url), await mobile(service.url), await mobile(service.url)];
    await pair.caughtUp();
    await pair.cutReplication();
    expect((await logout(service, one)).status).toBe(204);
    const everywhere = await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(all.accessToken) });
    expect(everywhere.status).toBe(204);

    const event = await failOver(pair, service);
    expect(event).toMatchObject({
      users: 1,
      sessions: 2,
      tokens: 0,
      commitsWereAtRisk: true,
      alert: true,
      level: 'error',
    });
    for (const phone of [one, all]) {
      expect((await me(service.url, phone.accessToken)).json).toMatchObject({ status: 401, session: 'ended' });
      expect((await refresh(service.url, phone.refreshToken)).json).toMatchObject({ status: 401, session: 'ended' });
    }
    expect((await me(service.url, kept.accessToken)).status).toBe(200);
    expect((await refresh(service.url, kept.refreshToken)).status).toBe(200);
    expect(await figure(service, 'watchword_revocations_reasserted_total{kind="session"}')).toBe(2);
    expect(await figure(service, 'watchword_database_timeline{state="current"}')).toBe(2);
  }, 90_000);

  it('with synchronous replication loses nothing, and wakes nobody', async () => {
    const pair = await startPair();
    await pair.primary.run(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
    await pair.primary.run('SELECT pg_reload_conf()');
    const service = await onBoth(pair);
    const phone = await mobile(service.url);
    expect((await logout(service, phone)).status).toBe(204);
    const event = await failOver(pair, service);
    expect(event).toMatchObject({
      users: 0,
      sessions: 0,
      tokens: 0,
      commitsWereAtRisk: false,
      alert: false,
      level: 'warn',
    });
    expect(lines(service, 'database.commits_at_risk')).toEqual([]);
    expect((await me(service.url, phone.accessToken)).json).toMatchObject({ status: 401, code: 'token_revoked' });
  }, 90_000);
});

describe('the grace, while the database is away,', () => {
  async function spentBeforeOutage(seconds: number) {
    const databaseUrl = await cloneDatabase();
    const url = new URL(databaseSettings(databaseUrl).DATABASE_URL);
    const proxy = await startRedisProxy(Number(url.port));
    url.port = String(proxy.port);
    const service = await startService({ ...patient, DATABASE_URL: url.href }, { databaseUrl });
    onTestFinished(() => service.stop());
    const phone = await mobile(service.url);
    const spent = await refresh(service.url, phone.refreshToken); // say that its answer was lost
    proxy.cut();
    await expect.poll(() => lines(service, 'database.away')).toHaveLength(1);
    await service.query('UPDATE test_clock SET shift = shift + make_interval(secs => $1)', [seconds]);
    service.clock.shiftSeconds += seconds;
    proxy.heal();
    await expect.poll(() => lines(service, 'database.back'), { timeout: 10_000 }).toHaveLength(1);
    return { service, phone, spent };
  }

  it('stands still: a retry after minutes receives the same successor, and no alert is raised', async () => {
    const { service, phone, spent } = await spentBeforeOutage(200);
    const retry = await refresh(service.url, phone.refreshToken);
    expect([retry.status, retry.json['refreshToken']]).toEqual([200, spent.json['refreshToken']]);
    await service.advance(70);
    expect((await refresh(service.url, phone.refreshToken)).json).toMatchObject({ code: 'refresh_token_reused' });
  }, 60_000);

  it('stands still for 300 seconds at most', async () => {
    const { service, phone } = await spentBeforeOutage(310);
    expect((await refresh(service.url, phone.refreshToken)).json).toMatchObject({ code: 'refresh_token_reused' });
  }, 60_000);
});
