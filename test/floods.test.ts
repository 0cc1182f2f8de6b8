// What one network may do, whichever the accounts; and sprays, which no account's budget sees (docs/protocols/guessing.md).
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LimitsPurge } from '../src/limits/limits-purge.js';
import { Spray } from '../src/limits/spray.js';
import { type Answer, call, mobile, refresh, register, somebody } from './support/client.js';
import { figure } from './support/instances.js';
import { startRedis } from './support/redis.js';
import { plansOf } from './support/purging.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { startStill } from './support/still-time.js';

const behindProxy = { TRUST_PROXY: '1' };
const small = { FAILURES_PER_ADDRESS: '10', FAILURES_PER_56: '20', FAILURES_PER_48: '40', FAILURES_PER_24: '30' };

const from = (ip: string) => ({ 'x-forwarded-for': ip });
const guess = (service: Service, ip: string, email = somebody().email, password = 'a wrong passphrase') =>
  call(service.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' }, headers: from(ip) });

async function guesses(service: Service, times: number, ipOf: (n: number) => string) {
  const answers: Answer[] = [];
  for (let n = 0; n < times; n++) answers.push(await guess(service, ipOf(n)));
  return answers;
}
const count = (answers: readonly Answer[], status: number) => answers.filter((each) => each.status === status).length;

describe('the volume of a network', () => {
  it.each([
    ['one IPv4 address', 10, () => '198.51.100.1'],
    ['the addresses of one IPv4 /24', 30, (n: number) => `198.51.100.${n}`],
    ['the addresses of one IPv6 /64', 10, (n: number) => `2001:db8:1:2::${n.toString(16)}`],
    ['the /64 networks of one /56', 20, (n: number) => `2001:db8:1:${(0x200 + n).toString(16)}::1`],
    ['the /56 networks of one /48', 40, (n: number) => `2001:db8:1:${(0x100 * n).toString(16)}::1`],
  ])('bounds wrong guesses on other accounts each time, from %s', async (_name, limit, ipOf) => {
    const service = await startServiceForTest({ ...behindProxy, ...small });
    const answers = await guesses(service, limit + 8, ipOf);
    expect([count(answers, 401), count(answers, 429)]).toEqual([limit, 8]);
    expect(answers.at(-1)?.json).toMatchObject({ code: 'too_many_attempts', session: 'keep' });
    expect(answers.at(-1)?.json['retryAfter']).toBeGreaterThan(3_500);
    expect((await guess(service, '203.0.113.9')).status).toBe(401);
  });

  it('is not cleared by sign-ins of the attacker’s own between the guesses', async () => {
    const service = await startServiceForTest({ ...behindProxy, ...small });
    const attacker = await register(service.url);
    const [answers, own]: [Answer[], Answer[]] = [[], []];
    for (let n = 0; n < 20; n++) {
      answers.push(await guess(service, '198.51.100.1'));
      own.push(await guess(service, '198.51.100.1', attacker.email, attacker.password));
    }
    expect([count(answers, 401), count(own, 200)]).toEqual([10, 9]);
  });

  it('bounds 60 parallel guesses as well, on one instance or two', async () => {
    const databaseUrl = await cloneDatabase();
    const settings = { ...behindProxy, ...small, HASH_QUEUE_SHARE: '100' };
    const [one, two] = [await startService(settings, { databaseUrl }), await startService(settings, { databaseUrl })];
    onTestFinished(async () => void (await Promise.all([one.stop(), two.stop()])));
    // A guess that is counted while another one asks the store may count twice for that one: it is refused too early, and
    // its sender asks again.
    const alone = await Promise.all(Array.from({ length: 60 }, () => guess(one, '198.51.100.1')));
    expect(count(alone, 401)).toBeLessThanOrEqual(10);
    expect(count([...alone, ...(await guesses(one, 15, () => '198.51.100.1'))], 401)).toBe(10);
    // Each instance sees what it holds itself, so two let twice as many start.
    const both = await Promise.all(Array.from({ length: 60 }, (_, n) => guess(n % 2 ? one : two, '203.0.113.1')));
    expect(count(both, 401)).toBeLessThanOrEqual(20);
    const all = [...both, ...(await guesses(two, 15, () => '203.0.113.1'))];
    expect(count(all, 401)).toBeGreaterThanOrEqual(10);
    expect(count(all, 401)).toBeLessThanOrEqual(20);
    expect(all.at(-1)?.status).toBe(429);
  });

  it('a guess that the budget of the account refuses costs the network nothing', async () => {
    const service = await startStill({ ...behindProxy, ...small });
    const person = await register(service.url);
    const answers: Answer[] = [];
    for (let n = 0; n < 30; n++) answers.push(await guess(service, '198.51.100.1', person.email));
    expect([count(answers, 401), count(answers, 429)]).toEqual([6, 24]);
    expect(count(await guesses(service, 8, () => '198.51.100.1'), 401)).toBe(4);
  });

  it('holds while Redis is killed in the middle, and on two instances: at most twice over', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const databaseUrl = await cloneDatabase();
    const settings = { ...behindProxy, ...small, REDIS_URL: redis.url };
    const [one, two] = [await startService(settings, { databaseUrl }), await startService(settings, { databaseUrl })];
    onTestFinished(async () => void (await Promise.all([one.stop(), two.stop()])));
    expect(await figure(one, 'watchword_limit_store{store="redis"}')).toBe(1);
    const before = [...(await guesses(one, 8, () => '198.51.100.1')), ...(await guesses(two, 8, () => '198.51.100.1'))];
    expect(count(before, 401)).toBe(10);
    await redis.kill();
    const after = [...(await guesses(one, 16, () => '198.51.100.1')), ...(await guesses(two, 8, () => '198.51.100.1'))];
    expect(count(after, 401)).toBe(10);
    expect(count(after, 429)).toBe(14);
    expect(await figure(one, 'watchword_limit_store{store="postgres"}')).toBe(1);
  });

  it('bounds registrations', async () => {
    const service = await startServiceForTest({
      ...behindProxy,
      REGISTRATIONS_PER_ADDRESS: '3',
      REGISTRATIONS_PER_48: '5',
    });
    const signUp = (ip: string) => call(service.url, 'POST', '/auth/register', { body: somebody(), headers: from(ip) });
    const answers: Answer[] = [];
    for (let n = 0; n < 5; n++) answers.push(await signUp('198.51.100.1'));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429, 429]);
    const wide: Answer[] = [];
    for (let n = 0; n < 7; n++) wide.push(await signUp(`2001:db8:1:${n}::1`));
    expect([count(wide, 201), count(wide, 429)]).toEqual([5, 2]);
  });

  it('counts refresh tokens that name no session; a server with one address and many users is not punished', async () => {
    const service = await startServiceForTest({ ...behindProxy, UNKNOWN_REFRESHES_PER_ADDRESS: '5' });
    const ip = '198.51.100.1';
    const phones = [];
    for (let n = 0; n < 40; n++) phones.push(await mobile(service.url));
    const known = [];
    for (const { refreshToken } of phones) known.push(await refresh(service.url, refreshToken, from(ip)));
    expect(count(known, 200)).toBe(40);

    await service.query('DELETE FROM refresh_tokens');
    const answers = [];
    for (const { json } of known.slice(0, 9)) answers.push(await refresh(service.url, json['refreshToken'], from(ip)));
    expect([count(answers, 401), count(answers, 429)]).toEqual([5, 4]);
    const refused = 'watchword_volume_refused_total{counted="unknown_refresh",width="address"}';
    expect(await figure(service, refused)).toBe(4); // also those that no store was asked for: an alert counts them
    const again = await mobile(service.url);
    expect((await refresh(service.url, again.refreshToken, from(ip))).status).toBe(200);
  });

  it('any number of random addresses from one network leave a bounded number of rows', async () => {
    const service = await startServiceForTest({ ...behindProxy, ...small });
    // Beyond its volume a network writes nothing, so 2,000 addresses show what any number would.
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 100 }, (_, n) => guess(service, `2001:db8:1:2::${n.toString(16)}`)));
    const [rows] = await service.query<{ budgets: number; volumes: number }>(
      'SELECT (SELECT count(*)::int FROM guess_budgets) AS budgets, (SELECT count(*)::int FROM rate_limits) AS volumes',
    );
    expect(rows?.budgets).toBeLessThanOrEqual(2 * 10);
    expect(rows?.volumes).toBeLessThanOrEqual(3 + 1 + 10);
  });

  it('old rows go by an index, whatever the size of the tables', async () => {
    const service = await startServiceForTest();
    await service.query(`INSERT INTO guess_budgets (subject, kind, lane, failures, not_before, purge_after)
      SELECT sha256(n::text::bytea), 'password', '\\x03', 1, now(), current_date + CASE WHEN n <= 1500 THEN -1 ELSE 9 END
        FROM generate_series(1, 30000) n`);
    await service.query(`INSERT INTO rate_limits (key, points, expire)
      SELECT 'k' || n, 1, CASE WHEN n <= 1500 THEN 1 ELSE 99999999999999 END FROM generate_series(1, 30000) n`);
    await service.query('ANALYZE guess_budgets, rate_limits');
    const purge = service.app.get(LimitsPurge);
    for (const purging of Object.values(purge.purgings())) {
      const { find, remove } = await plansOf(service, purging);
      expect(find).toMatch(/Index Cond: \((purge_after|expire) </);
      expect(remove).toMatch(/Index (Scan|Cond)/);
      expect(find + remove).not.toContain('Seq Scan');
    }
    await purge.round();
    for (const table of ['guess_budgets', 'rate_limits'])
      expect(await service.query(`SELECT count(*)::int AS n FROM ${table}`)).toEqual([{ n: 28_500 }]);
  });
});

describe('the queue of password hashes', () => {
  it('110 connections of one client cost honest people no sign-in (ASVS 2.4.1)', async () => {
    const service = await startServiceForTest({
      ...behindProxy,
      PASSWORD_HASH_CONCURRENCY: '1',
      HASH_QUEUE_SHARE: '25',
    });
    const person = await register(service.url);
    const flooding = { isOver: false };
    const attacker = async () => {
      const answers: Answer[] = [];
      while (!flooding.isOver) answers.push(await guess(service, '198.51.100.1'));
      return answers;
    };
    const flood = Promise.all(Array.from({ length: 110 }, attacker));
    const honest: Answer[] = [];
    for (let n = 0; n < 10; n++) honest.push(await guess(service, `203.0.113.${n}`, person.email, person.password));
    flooding.isOver = true;
    expect(count(honest, 200)).toBe(10);
    expect(count((await flood).flat(), 503)).toBeGreaterThan(0);
  });

  it('HASH_QUEUE_SHARE is the share that one network may hold', async () => {
    const service = await startServiceForTest({
      ...{ ...behindProxy, PASSWORD_HASH_CONCURRENCY: '1', PASSWORD_QUEUE_LENGTH: '19', HASH_QUEUE_SHARE: '10' },
      ...{ ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '3' },
    });
    const answers = await Promise.all(Array.from({ length: 12 }, () => guess(service, '198.51.100.1')));
    expect([count(answers, 401), count(answers, 503)]).toEqual([2, 10]);
  });
});

describe('a spray', () => {
  const spray = {
    ...behindProxy,
    SPRAY_ACCOUNTS: '10',
    ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/',
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 5).toString('base64')}`,
  };
  const alarms = (service: Service) => service.log.filter(({ event }) => event === 'guessing.spray');

  it('of one password over 500 accounts from one /24 is one alert, and unknown devices then have one free guess', async () => {
    const service = await startStill({ ...spray, FAILURES_PER_24: '600', SPRAY_MINUTES: '1' });
    const answers = await guesses(service, 500, (n) => `198.51.100.${n % 200}`);
    expect(count(answers, 401)).toBe(500); // the volume of the /24 allows it: the alarm is what sees it
    expect(alarms(service)).toMatchObject([{ by: 'accounts', count: 11, alert: true, ip: expect.any(String) }]);
    const sent = await service.query<{ payload: object }>('SELECT payload FROM alert_deliveries');
    expect(sent.map(({ payload }) => payload)).toMatchObject([{ type: 'guessing.spray', data: { by: 'accounts' } }]);

    const person = await register(service.url);
    const tries = [];
    for (let n = 0; n < 4; n++) tries.push(await guess(service, '203.0.113.5', person.email));
    expect([count(tries, 401), count(tries, 429)]).toEqual([2, 2]);
    await service.advance(61);
    const other = await register(service.url);
    const later = [];
    for (let n = 0; n < 5; n++) later.push(await guess(service, '203.0.113.6', other.email));
    expect(count(later, 401)).toBe(5);
  });

  it('from everywhere is seen by the failures of the hour against yesterday’s', async () => {
    const service = await startServiceForTest({ ...spray, SPRAY_ACCOUNTS: '10000', SPRAY_FACTOR: '2' });
    await service.query(`INSERT INTO guess_failures VALUES
      (date_trunc('hour', protocol_now()), 590), (date_trunc('hour', protocol_now()) - interval '1 day', 300)`);
    const count5 = async () => {
      await guesses(service, 6, (n) => `198.${n}.100.1`);
      await service.app.get(Spray).countFailures();
    };
    await count5();
    expect(alarms(service)).toEqual([]);
    await count5();
    expect(alarms(service)).toMatchObject([{ by: 'failures', count: 602, alert: true }]);
  });

  it('is none where one person fails on one account, or many sign in well', async () => {
    const service = await startServiceForTest({ ...spray, SPRAY_FACTOR: '5' });
    const email = `${randomUUID()}@example.com`;
    for (let n = 0; n < 30; n++) await guess(service, `198.51.100.${n}`, email);
    for (let n = 0; n < 12; n++) await mobile(service.url);
    expect(alarms(service)).toEqual([]);
  });
});
