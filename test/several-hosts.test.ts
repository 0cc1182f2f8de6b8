// Several hosts in DATABASE_URL: the one that takes writes is found, and used until it fails.
import { createServer } from 'node:net';
import { expect, inject, it, onTestFinished } from 'vitest';
import { nameOf } from '../src/cli/target.js';
import { DatabasePool } from '../src/database/database-pool.js';
import { Hosts } from '../src/database/connections/hosts.js';
import { applyMigrations } from '../src/database/migrate.js';
import { call, me, mobile, refresh } from './support/client.js';
import { expectDead, logout, patient } from './support/instances.js';
import { freePort } from './support/process.js';
import { cloneDatabase, startService, startServiceForTest } from './support/service.js';
import { databaseSettings, SERVICE_ROLE } from './support/settings.js';
import { type Pair, startPair } from './support/streaming-standby.js';

const withHosts = (url: string, ...ports: readonly (number | string)[]) =>
  url.replace(/@127\.0\.0\.1:\d+/, `@${ports.map((port) => `127.0.0.1:${port}`).join(',')}`);

const portOf = (url: string) => Number(new URL(url).port);

/** Accepts connections and never says a word. */
async function silentHost() {
  const met = { connections: 0 };
  const server = createServer((socket) => {
    met.connections++;
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void server.close());
  return { port: (server.address() as { port: number }).port, met };
}

it('a host that hangs costs its time-out once, and not for each request', async () => {
  const databaseUrl = await cloneDatabase();
  const silent = await silentHost();
  const { DATABASE_URL } = databaseSettings(databaseUrl);
  const url = withHosts(DATABASE_URL, silent.port, portOf(databaseUrl));
  const service = await startService({ ...patient, DATABASE_URL: url }, { databaseUrl });
  onTestFinished(() => service.stop());
  const before = silent.met.connections;
  const phones = await Promise.all(Array.from({ length: 20 }, () => mobile(service.url)));
  const answers = await Promise.all(phones.map(({ refreshToken }) => refresh(service.url, refreshToken)));
  expect(answers.map(({ status }) => status)).toEqual(phones.map(() => 200));
  expect([before, silent.met.connections - before]).toEqual([2, 0]); // the pool's, and the search
}, 30_000);

/** pg knows it from the server's greeting, but its type does not say so. */
const processOf = (client: unknown) => (client as { readonly processID?: number }).processID;

it('no connection that was open before a change of hosts is used after it', async () => {
  const service = await startServiceForTest({ ...patient, DATABASE_POOL_SIZE: '3' });
  const { pool } = service.app.get(DatabasePool);
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  const open = clients.map(processOf);
  clients[0].release();
  pool.retire();
  clients[1].release(); // in use until now
  const later = await Promise.all([pool.connect(), pool.connect()]);
  later.forEach((client) => client.release());
  for (const client of later) expect(open).not.toContain(processOf(client));
  expect(open).not.toContain(undefined);
});

it('where no host takes writes, a start says why of each, and names no password', async () => {
  const [one, two] = [await freePort(), await freePort()];
  const DATABASE_URL = withHosts(databaseSettings(inject('postgresUrl')).DATABASE_URL, one, two);
  const error = await startService({ DATABASE_URL }, { databaseUrl: inject('postgresUrl') }).then(
    () => '',
    (thrown: Error) => thrown.message,
  );
  expect(error).toBe(
    `no host takes writes: 127.0.0.1:${one} (connect ECONNREFUSED 127.0.0.1:${one}), ` +
      `127.0.0.1:${two} (connect ECONNREFUSED 127.0.0.1:${two})`,
  );
});

it('a command names every host, and migrate finds the one that takes writes', async () => {
  const { primary, standby } = await startPair();
  const url = withHosts(primary.url(), standby.port, primary.port);
  await applyMigrations(url, SERVICE_ROLE);
  await expect(primary.run('SELECT FROM users')).resolves.toEqual([]);
  const name = { host: `127.0.0.1:${standby.port},127.0.0.1`, port: primary.port, name: 'postgres', role: 'watchword' };
  expect(nameOf(url)).toEqual(name);
  const hosts = new Hosts(withHosts(primary.url(), standby.port));
  await expect(hosts.search(hosts.current)).rejects.toThrow(/is a standby, which takes no writes/);
}, 60_000);

async function onBoth({ primary, standby }: Pair) {
  const both = (url: string) => withHosts(url, primary.port, standby.port);
  const settings = { DATABASE_URL: both(primary.url(SERVICE_ROLE)), DATABASE_OWNER_URL: both(primary.url()) };
  const service = await startService({ ...patient, ...settings }, { databaseUrl: primary.url() });
  onTestFinished(() => service.app.close());
  return service;
}

const isReady = async (url: string) => (await call(url, 'GET', '/health/ready')).status;

it('a primary that is killed is followed by the promoted standby: sessions go on, the dead stay dead', async () => {
  const pair = await startPair();
  const service = await onBoth(pair);
  const [phone, left] = [await mobile(service.url), await mobile(service.url)];
  expect((await logout(service, left)).status).toBe(204);
  await pair.caughtUp();
  await pair.primary.stop('SIGKILL');
  for (const { json } of [await me(service.url, phone.accessToken), await me(service.url, left.accessToken)])
    expect(json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
  await pair.promote();
  await expect.poll(() => isReady(service.url), { timeout: 20_000 }).toBe(200);
  expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  await expectDead([service], left);
}, 60_000);

it('a primary that hangs while another is promoted gives no verdict when it wakes up', async () => {
  const pair = await startPair();
  const service = await onBoth(pair);
  const phones = await Promise.all(Array.from({ length: 10 }, () => mobile(service.url))); // many connections
  await pair.caughtUp();
  pair.primary.freeze();
  await pair.promote();
  await expect.poll(() => isReady(service.url), { timeout: 30_000 }).toBe(200);
  for (const phone of phones) expect((await logout(service, phone)).status).toBe(204);
  pair.primary.thaw();
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(phones.map(({ accessToken }) => me(service.url, accessToken)));
    expect(answers.map(({ status }) => status)).toEqual(phones.map(() => 401));
  }
}, 90_000);

it('a pool that was retired gives no connection of before, not even in the same moment', async () => {
  const service = await startServiceForTest();
  const { pool } = service.app.get(DatabasePool);
  await Promise.all(Array.from({ length: 5 }, () => pool.query('SELECT pg_sleep(0.1)')));
  const before = await pool.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE application_name = $1', [
    'watchword',
  ]);
  pool.retire();
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  expect(before.rows).not.toContainEqual(rows[0]);
});
