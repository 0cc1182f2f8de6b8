// While PostgreSQL or Redis is away, and on several instances: no service receives a wrong answer.
import pg from 'pg';
import { expect, inject, it } from 'vitest';
import { mobile, refresh } from './support/client.js';
import { expectAlive, expectDead, twoInstances, warmPhone } from './support/instances.js';
import { startRedis } from './support/redis.js';
import { acceptWrites, refuseWrites } from './support/redis-faults.js';
import { startServiceForTest } from './support/service.js';
import { addService, basic, grant, introspect, post, removed, revoke, tokenOf } from './support/services.js';

it('without its database an introspection is neither yes nor no, and a revocation promises nothing', async () => {
  const service = await startServiceForTest();
  const client = await addService(service, { resources: ['http://auth.test'] });
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
    await introspect(service.url, client, phone.accessToken),
    await revoke(service.url, client, phone.refreshToken),
    await grant(service.url, client),
    await post(service.url, '/oauth/introspect', { token: 'x' }, basic({ ...client, secret: 'wrong' })),
  ];
  for (const answer of answers) {
    expect(answer.json).toMatchObject({ error: 'temporarily_unavailable', code: 'unavailable', retryAfter: 1 });
    expect([answer.status, answer.headers['retry-after'], answer.json['session']]).toEqual([503, '1', undefined]);
  }
  await cut(false);
  await admin.end();
  expect((await introspect(service.url, client, phone.accessToken)).json['active']).toBe(true);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
});

it('an unexpected error is a server_error without detail', async () => {
  const service = await startServiceForTest();
  const client = await addService(service, { resources: ['http://auth.test'] });
  const token = await tokenOf(service.url, client);
  await service.query('DROP TABLE service_token_revocations');
  const answer = await introspect(service.url, client, token);
  expect(answer.json).toMatchObject({ status: 500, code: 'internal_error', error: 'server_error' });
  expect(answer.text).not.toMatch(/service_token|select/i);
});

it('what one instance revoked or removed is inactive at the other at once', async () => {
  const redis = await startRedis();
  const services = await twoInstances({ REDIS_URL: redis.url });
  const [one, two] = services;
  const client = await addService(one, { resources: ['http://auth.test'] });
  const [phone, tablet] = [await warmPhone(services), await warmPhone(services)];
  const active = async (token: string) => (await introspect(two.url, client, token)).json['active'];
  expect([await active(phone.accessToken), await active(tablet.accessToken)]).toEqual([true, true]);
  expect((await revoke(one.url, client, phone.refreshToken)).status).toBe(200);
  expect((await revoke(one.url, client, tablet.accessToken)).status).toBe(200);
  expect([await active(phone.accessToken), await active(tablet.accessToken)]).toEqual([false, false]);
  await expectDead(services, phone);
  const other = await addService(two, { resources: ['http://auth.test'] });
  const token = await tokenOf(two.url, other);
  expect(await active(token)).toBe(true);
  await removed(one, other);
  expect(await active(token)).toBe(false);
  expect((await grant(two.url, other)).status).toBe(401);
});

it('a revocation that Redis has not confirmed says so, is kept, and can be repeated', async () => {
  const redis = await startRedis();
  const services = await twoInstances({ REDIS_URL: redis.url });
  const [one] = services;
  const client = await addService(one);
  const [phone, alive] = [await warmPhone(services), await warmPhone(services)];
  await refuseWrites(redis);
  for (const token of [phone.accessToken, phone.refreshToken]) {
    const answer = await revoke(one.url, client, token);
    expect(answer.json).toMatchObject({ error: 'temporarily_unavailable', code: 'revocation_unconfirmed' });
    expect([answer.status, answer.json['session']]).toEqual([503, undefined]);
  }
  expect((await refresh(one.url, phone.refreshToken)).json['code']).toBe('refresh_token_invalid');
  await acceptWrites(redis);
  expect((await revoke(one.url, client, phone.refreshToken)).status).toBe(200);
  await expectDead(services, phone);
  await expectAlive(services, alive);
});
