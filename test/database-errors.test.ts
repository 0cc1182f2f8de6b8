// Errors of the database become a 503 that keeps the session, or a 500; and what the log says.
import { createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { isDatabaseUnavailable } from '../src/database/connections/unavailable.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { KEY_LOCK, SigningKeys } from '../src/keys/signing-keys.js';
import { loopbackCertificate } from './support/certificate.js';
import { call, me, mobile, refresh } from './support/client.js';
import { runAt } from './support/empty-database.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { SERVICE_ROLE } from './support/settings.js';
import { until } from './support/until.js';

type Phone = Awaited<ReturnType<typeof mobile>>;

async function answersOf({ url }: Service, phone: Phone) {
  return [
    await me(url, phone.accessToken),
    await refresh(url, phone.refreshToken),
    await call(url, 'POST', '/auth/login', { body: phone.person }),
  ].map(({ json }) => json);
}

const unavailable = { status: 503, code: 'unavailable', session: 'keep' };

/** A service with a role and a database of its own, so that a test can remove them. */
async function ownRole() {
  const databaseUrl = await cloneDatabase();
  const url = new URL(databaseUrl);
  const role = `w_own_${randomBytes(6).toString('hex')}`;
  const database = url.pathname.slice(1);
  const password = url.password;
  const admin = (...statements: string[]) => runAt(inject('postgresUrl'), ...statements);
  await admin(`CREATE ROLE ${role} LOGIN PASSWORD '${password}' IN ROLE ${SERVICE_ROLE}`);
  url.username = role;
  const service = await startService({ RATE_LIMITS: 'off', DATABASE_URL: url.href }, { databaseUrl });
  const disconnect = () => admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
  return { service, role, database, password, admin, disconnect };
}

describe('a database that refuses the running service', () => {
  it.each([
    ['whose password was changed', (role: string) => `ALTER ROLE ${role} PASSWORD 'another'`],
    ['whose role may no longer log in', (role: string) => `ALTER ROLE ${role} NOLOGIN`],
  ])('%s is a 503 that ends no session', async (_, change) => {
    const { service, role, password, admin, disconnect } = await ownRole();
    onTestFinished(() => service.stop());
    const phone = await mobile(service.url);
    await admin(change(role));
    await disconnect();
    expect(await answersOf(service, phone)).toMatchObject([unavailable, unavailable, unavailable]);
    await admin(`ALTER ROLE ${role} LOGIN PASSWORD '${password}'`);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('by being dropped is a 503 that ends no session', async () => {
    const { service, database, admin } = await ownRole();
    onTestFinished(() => service.app.close());
    const phone = await mobile(service.url);
    await admin(`DROP DATABASE ${database} WITH (FORCE)`);
    expect(await answersOf(service, phone)).toMatchObject([unavailable, unavailable, unavailable]);
  });

  it('by a right that was revoked is a 503 that ends no session', async () => {
    const service = await startServiceForTest({ RATE_LIMITS: 'off' });
    const phone = await mobile(service.url);
    await service.query(`REVOKE SELECT ON users FROM ${SERVICE_ROLE}`);
    expect(await answersOf(service, phone)).toMatchObject([unavailable, unavailable, unavailable]);
    await service.query(`GRANT SELECT ON users TO ${SERVICE_ROLE}`);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  const ours = ['42601', '42703', '42P01', '22P02', '22003', '23505', '23502', 'P0001'];
  const theirs = [
    '08P01',
    '25006',
    '26000',
    '28000',
    '28P01',
    '3D000',
    '40001',
    '40P01',
    '42501',
    '42P05',
    '53300',
    '53100',
  ].concat(['55000', '55P03', '55006', '57014', '57P01', '58030', 'F0000', 'XX000', 'XX001']);

  it.each([
    ['503', theirs],
    ['500', ours],
  ])('with these codes is a %s: %s', async (status, codes) => {
    const service = await startServiceForTest({ RATE_LIMITS: 'off' });
    const phone = await mobile(service.url);
    for (const code of codes) {
      await service.query(`
        CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '${code}'; END $$;
        CREATE OR REPLACE TRIGGER fail BEFORE UPDATE ON refresh_tokens FOR EACH ROW EXECUTE FUNCTION fail()`);
      expect([code, String((await refresh(service.url, phone.refreshToken)).status)]).toEqual([code, status]);
    }
    await service.query('DROP TRIGGER fail ON refresh_tokens');
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('by requiring or lacking TLS gives no verdict', async () => {
    const { cert, key } = loopbackCertificate();
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('S');
        new TLSSocket(socket, { isServer: true, cert, key }).on('error', () => undefined);
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const untrusted = new pg.Client({ host: '127.0.0.1', port, ssl: true });
    await expect(untrusted.connect()).rejects.toSatisfy(isDatabaseUnavailable);
    const without = new pg.Client({ connectionString: inject('postgresUrl'), ssl: true });
    await expect(without.connect()).rejects.toSatisfy(isDatabaseUnavailable);
  });
});

it("background work that fails logs the database's message, never the statement or its values", async () => {
  const service = await startServiceForTest({ KEY_ROTATION_DAYS: '2' });
  await service.query(`REVOKE INSERT ON signing_keys FROM ${SERVICE_ROLE}`);
  await service.advance(2 * 86_400);
  service.clock.shiftSeconds += 86_400; // this machine's clock is wrong, and is set right below
  const lines = () => service.log.filter(({ event }) => event === 'keys.upkeep_failed');
  await until('an upkeep failed', async () => {
    await service.app.get(KeyWatch).look();
    return lines().length > 0;
  });
  expect(lines()[0]?.['reason']).toBe('permission denied for table signing_keys');
  await service.query(`GRANT INSERT ON signing_keys TO ${SERVICE_ROLE}`);
  service.clock.shiftSeconds -= 86_400;
  await service.advance(31); // it tries again after half a minute of the database's time, whatever the clock said
  const count = async () => (await service.query('SELECT kid FROM signing_keys')).length;
  const before = await count();
  await service.app.get(KeyWatch).look();
  expect(await count()).toBeGreaterThan(before);
});

it('a lock on the keys is reported in a sentence, and the runbook ends the session that holds it', async () => {
  const service = await startServiceForTest();
  const other = new pg.Client({ connectionString: service.databaseUrl });
  other.on('error', () => undefined);
  await other.connect();
  await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${KEY_LOCK})`);
  const act = () => service.app.get(SigningKeys).change(() => [], [], null);
  await expect(act()).rejects.toThrow(
    'Another session has held the lock on the signing keys for 3 seconds, and nothing was changed: ' +
      'docs/operations/key-compromise.md says how to end it.',
  );
  const runbook = readFileSync('docs/operations/key-compromise.md', 'utf8').split(
    '## Another session holds the lock',
  )[1];
  const [find = '', end = ''] = [...(runbook ?? '').matchAll(/```sql\n([^`]+)```/g)].map(([, statement]) => statement);
  const [holder] = await service.query<{ pid: number }>(find);
  await service.query(end.replace('PID', String(holder?.pid)));
  expect(await act()).toEqual([]);
});
