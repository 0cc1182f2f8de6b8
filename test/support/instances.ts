// Two instances of the service on one database, for the tests of Redis.
import { expect, onTestFinished } from 'vitest';
import { Metrics } from '../../src/telemetry/metrics.js';
import { bearer, call, me, mobile } from './client.js';
import { cloneDatabase, type Service, startService } from './service.js';

export type Phone = Awaited<ReturnType<typeof mobile>>;

/** Long time-outs, so that a check on a slow machine does not become a 503. */
export const patient = { REDIS_TIMEOUT_MS: '1000', VERDICT_TIMEOUT_MS: '8000', RATE_LIMITS: 'off' };

/** For tests that assert what Redis holds: a check that gave Redis up would leave nothing there. */
export const sureOfRedis = { ...patient, REDIS_TIMEOUT_MS: '5000' };

/** @param settings of the first instance and, if they differ, of the second one */
export async function twoInstances(
  settings: Record<string, string>,
  ofTheOther: Record<string, string> = {},
): Promise<[Service, Service]> {
  const databaseUrl = await cloneDatabase();
  const one = await startService({ ...patient, ...settings }, { databaseUrl });
  onTestFinished(() => one.stop());
  const two = await startService({ ...patient, ...settings, ...ofTheOther }, { databaseUrl });
  onTestFinished(() => two.stop());
  return [one, two];
}

export const keyOf = ({ user }: Pick<Phone, 'user'>) => `auth:{${user.id}}`;

export const logout = (service: Service, { accessToken }: Pick<Phone, 'accessToken'>) =>
  call(service.url, 'POST', '/auth/logout', { headers: bearer(accessToken) });

/** A user whose live verdict every instance has just read. */
export async function warmPhone(services: readonly Service[]): Promise<Phone> {
  const phone = await mobile(services[0]?.url ?? '');
  for (const { url } of [...services, ...services]) expect((await me(url, phone.accessToken)).status).toBe(200);
  return phone;
}

export async function expectDead(services: readonly Service[], { accessToken }: Phone): Promise<void> {
  for (const { url } of services) {
    expect((await me(url, accessToken)).json).toMatchObject({ status: 401, code: 'token_revoked', session: 'ended' });
  }
}

export async function expectAlive(services: readonly Service[], { accessToken }: Phone): Promise<void> {
  for (const { url } of services) expect((await me(url, accessToken)).status).toBe(200);
}

/** A value of the metrics, such as `watchword_redis_breaker{state="open"}`. */
export async function figure({ app }: Service, name: string): Promise<number> {
  const text = await app.get(Metrics).registry.metrics();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}
