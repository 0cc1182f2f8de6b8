// What callers hear while the database gives no verdict, and after it: 503 and keep, then everything as before.
import pg from 'pg';
import { expect, inject, it } from 'vitest';
import { bearer, call, me, mobile, refresh } from './support/client.js';
import { startServiceForTest } from './support/service.js';

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

it('an unexpected fault is a 500 internal_error without any detail; the log has the cause', async () => {
  const service = await startServiceForTest();
  const phone = await mobile(service.url);
  await service.query('DROP TABLE access_revocations');
  const answer = await me(service.url, phone.accessToken);
  expect(answer.json).toMatchObject({ status: 500, code: 'internal_error', session: 'keep' });
  expect(answer.text).not.toMatch(/access_revocations|select/i);
  const logged = service.log.find((line) => line['requestId'] === answer.json['requestId']);
  expect(logged).toMatchObject({ level: 'error', cause: { message: expect.stringContaining('access_revocations') } });
});
