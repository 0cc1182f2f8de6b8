// An account with very many live revocations: whoever makes them costs the service no more than anyone else.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { Database } from '../src/database/database.js';
import { Revocations } from '../src/revocation/revocations.js';
import { type AccessClaims, claimsOf } from '../src/tokens/access-token.js';
import { decode, mobile } from './support/client.js';
import { keyOf, logout, patient, type Phone, sureOfRedis } from './support/instances.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { startRedis } from './support/redis.js';
import { startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const MANY = 130_000;
const CHECKS = 10;
const claims = ({ accessToken }: Phone) => claimsOf(decode(accessToken)) as AccessClaims;

async function onConnection<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Sessions and tokens, half and half, that nobody will ever ask about. */
const deny = (databaseUrl: string, { user }: Phone, count: number) =>
  onConnection(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO access_revocations (user_id, kind, ref, expires_at)
       SELECT $1, CASE n % 2 WHEN 0 THEN 's' ELSE 'j' END, gen_random_uuid(), now() + interval '15 minutes'
         FROM generate_series(1, $2) AS n`,
      [user.id, count],
    );
    await client.query('VACUUM ANALYZE access_revocations');
  });

/** How many rows of access_revocations any plan has read so far; a connection reports them when it ends. */
const rowsRead = (databaseUrl: string) =>
  onConnection(databaseUrl, async (client) => {
    const { rows } = await client.query<{ scans: number; read: number }>(`
      SELECT (seq_scan + idx_scan)::int AS scans, (seq_tup_read + (SELECT sum(idx_tup_read)
                FROM pg_stat_user_indexes WHERE relname = 'access_revocations'))::int AS read
        FROM pg_stat_user_tables WHERE relname = 'access_revocations'`);
    return rows[0] ?? { scans: 0, read: 0 };
  });

it.each(['with Redis', 'without'])(
  `%s, ${MANY} live revocations of one account cost a check 501 rows and a purge none, and each verdict is right`,
  async (which) => {
    const redis = await startRedis();
    onTestFinished(() => redis.remove());
    const home = await startServiceForTest(patient);
    const [phone, loggedOut] = [await mobile(home.url), await mobile(home.url)];
    await deny(home.databaseUrl, phone, MANY);
    const second = await mobile(home.url, phone.person);
    expect((await logout(home, second)).status).toBe(204);
    expect((await logout(home, loggedOut)).status).toBe(204);

    const before = await rowsRead(home.databaseUrl);
    const proxy = await PostgresProxy.before(home.databaseUrl);
    onTestFinished(() => proxy.close());
    const settings = which === 'with Redis' ? { ...sureOfRedis, REDIS_URL: redis.url } : patient;
    const service = await startService(settings, { databaseUrl: proxy.url });
    const revocations = service.app.get(Revocations);
    for (let check = 0; check < CHECKS; check++) {
      expect(await revocations.verdictFor(claims(phone))).toBe('live');
      expect(await revocations.verdictFor(claims(second))).toBe('session_revoked');
      expect(await revocations.verdictFor({ ...claims(phone), tokenVersion: 2 })).toBe('version_stale');
    }
    const together = await Promise.all([phone, second, loggedOut].map((each) => revocations.verdictFor(claims(each))));
    expect(together).toEqual(['live', 'session_revoked', 'session_revoked']);
    expect(await redis.cli('HGET', keyOf(phone), 'v')).toBeNull();
    const statements = proxy.count(/from "access_revocations"/);
    expect(statements).toBeLessThanOrEqual(2 * (3 * CHECKS + 3));
    await revocations.purge(service.app.get(Database));
    await service.app.close(); // without the search for leaks, which reads every row

    await until(
      'the connections have reported',
      async () => (await rowsRead(home.databaseUrl)).scans >= before.scans + statements,
    );
    expect((await rowsRead(home.databaseUrl)).read - before.read).toBeLessThanOrEqual((500 + 1 + 2) * (3 * CHECKS + 3));
  },
);

it('an account with 500 live revocations is remembered whole, with one more not at all', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.remove());
  const service = await startServiceForTest({ ...sureOfRedis, REDIS_URL: redis.url });
  const phone = await mobile(service.url);
  await deny(service.databaseUrl, phone, 500);
  const revocations = service.app.get(Revocations);
  expect(await revocations.verdictFor(claims(phone))).toBe('live');
  expect(await redis.cli('HLEN', keyOf(phone))).toBe(502);
  await redis.cli('DEL', keyOf(phone));
  await deny(service.databaseUrl, phone, 1);
  expect(await revocations.verdictFor(claims(phone))).toBe('live');
  expect(await revocations.verdictFor({ ...claims(phone), sub: randomUUID() })).toBe('user_gone');
  expect(await redis.cli('HGET', keyOf(phone), 'v')).toBeNull();
});
