// The published signing keys, and how they are made.
import { execFileSync } from 'node:child_process';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../src/app.js';
import { Clock } from '../src/clock.js';
import { Config } from '../src/config/config.js';
import { Log } from '../src/telemetry/log.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { watched } from './support/met.js';
import { call, mobile } from './support/client.js';
import { emptyDatabase, runAt } from './support/empty-database.js';
import { figure } from './support/instances.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { testSettings } from './support/settings.js';
import { cloneDatabase, type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const jwks = (headers = {}) => call(service.url, 'GET', '/.well-known/jwks.json', { headers });

it('simultaneous requests for the keys share two reads: the one in progress and the next', async () => {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  const own = await startService({}, { databaseUrl: proxy.url });
  onTestFinished(async () => {
    await own.stop();
    proxy.close();
  });
  own.app.get(KeyWatch).onApplicationShutdown();
  const loads = /key_ring_version.*signing_keys/s;
  const before = proxy.count(loads);
  const held = proxy.pauseBefore(loads);
  const ring = own.app.get(KeyRing);
  const first = ring.reload();
  expect(await held.arrivesDuring(first)).toBe(true);
  const others = Array.from({ length: 20 }, () => ring.reload());
  held.release();
  await Promise.all([first, ...others]);
  expect(proxy.count(loads)).toBe(before + 2);
});

describe('the key set', () => {
  it('holds a signer and a standby, public members only (K5, RFC 7517)', async () => {
    const answer = await jwks();
    expect(answer.json['keys']).toHaveLength(2);
    for (const key of answer.json['keys']) {
      expect(Object.keys(key)).toEqual(['kty', 'n', 'e', 'kid', 'use', 'alg']);
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' });
    }
    expect(answer.headers['cache-control']).toBe('public, max-age=3600, stale-if-error=3600');
  });

  it('has a strong ETag, answers 304 to a client that sends it, and answers HEAD', async () => {
    const { headers } = await jwks();
    const etag = headers['etag'] as string;
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await jwks({ 'if-none-match': known });
      expect([known, answer.status, answer.text]).toEqual([known, 304, '']);
    }
    expect((await jwks({ 'if-none-match': '"x"' })).status).toBe(200);
    expect((await call(service.url, 'HEAD', '/.well-known/jwks.json')).status).toBe(200);
  });

  it('is answered from memory exactly as by the framework, and counted alike', async () => {
    const fresh = await startService();
    onTestFinished(() => fresh.stop());
    const ask = (headers = {}) => call(fresh.url, 'GET', '/.well-known/jwks.json', { headers });
    const told = ({ headers, status, text }: Awaited<ReturnType<typeof ask>>) => {
      const { 'x-request-id': id, date, ...others } = headers;
      return { status, text, others, hasIds: [typeof id, typeof date] };
    };
    const [first, second, third] = [await ask(), await ask(), await ask({ origin: 'https://verifier.example' })];
    expect(told(second)).toEqual(told(first));
    expect(told(third)).toEqual(told(first));
    expect(new Set([first, second, third].map(({ headers }) => headers['x-request-id'])).size).toBe(3);
    const known = { 'if-none-match': String(first.headers['etag']) };
    const query = await call(fresh.url, 'GET', '/.well-known/jwks.json?by=framework', { headers: known });
    expect(told(await ask(known))).toEqual(told(query));
    const counted = 'watchword_http_request_seconds_count{method="GET",route="/.well-known/jwks.json",status="200"}';
    expect(await figure(fresh, counted)).toBe(3);
  });

  it('lets a third-party library verify a token', async () => {
    const phone = await mobile(service.url);
    const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(phone.accessToken, keys, {
      issuer: 'http://auth.test',
      audience: 'http://auth.test',
      typ: 'at+jwt',
    });
    expect(payload['sid']).toBe(phone.session.id);
  });

  it('is found through both discovery documents, which list only what exists (RFC 8414)', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const answer = await call(service.url, 'GET', `/.well-known/${name}`);
      expect(answer.json).toMatchObject({
        issuer: 'http://auth.test',
        jwks_uri: 'http://auth.test/.well-known/jwks.json',
        acr_values_supported: ['urn:watchword:1fa', 'urn:watchword:2fa', 'phr'],
      });
      expect(JSON.stringify(answer.json)).not.toMatch(/password|implicit|\[\]/);
    }
  });
});

describe('keys at rest', () => {
  it('are sealed: neither a private key nor the refresh secret can be read from the tables', async () => {
    const rows = await service.query<{ s: Buffer }>(
      'SELECT private_sealed AS s FROM signing_keys UNION ALL SELECT sealed FROM server_secrets',
    );
    expect(rows).toHaveLength(4);
    for (const { s } of rows) expect(s.toString('latin1')).not.toMatch(/PRIVATE KEY|MII/);
  });

  it('cannot be swapped between rows: the kid is sealed in', async () => {
    const databaseUrl = await cloneDatabase();
    await runAt(
      databaseUrl,
      `UPDATE signing_keys a SET private_sealed = b.private_sealed FROM signing_keys b WHERE a.kid <> b.kid`,
    );
    await expect(boot(databaseUrl)).rejects.toThrow(/does not open/);
  });

  it('stop the start with their names when the key-encryption key is wrong, and nothing changes (K7)', async () => {
    const databaseUrl = await cloneDatabase();
    const before = await runAt(databaseUrl, 'SELECT * FROM signing_keys ORDER BY kid');
    const wrong = Buffer.alloc(32, 9).toString('base64');
    const error = await boot(databaseUrl, { KEY_ENCRYPTION_KEY: wrong }).then(
      () => '',
      (reason: Error) => reason.message,
    );
    for (const { kid } of before as { kid: string }[]) expect(error).toContain(kid);
    expect(error).not.toContain(wrong);
    expect(await runAt(databaseUrl, 'SELECT * FROM signing_keys ORDER BY kid')).toEqual(before);
  });

  it('are made once when two instances start on an empty database: one signer, one standby (K6)', async () => {
    const { url: databaseUrl } = await emptyDatabase();
    const apps = await Promise.all([boot(databaseUrl), boot(databaseUrl), boot(databaseUrl)]);
    const states = await runAt(databaseUrl, 'SELECT activate_at IS NOT NULL AS active FROM signing_keys ORDER BY 1');
    expect(states).toEqual([{ active: false }, { active: true }]);
    await Promise.all(apps.map((app) => app.close()));
  });

  it('can never have two signers: the database refuses overlap (K1)', async () => {
    const databaseUrl = await cloneDatabase();
    await expect(
      runAt(databaseUrl, `UPDATE signing_keys SET activate_at = protocol_now() WHERE activate_at IS NULL`),
    ).rejects.toThrow(/signing_keys_one_signer/);
  });
});

describe('in production', () => {
  it('a pending migration stops the start with a plain sentence', async () => {
    const production = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://auth.example.com',
      // Production requires these; the services under test hash cheaply and log nothing.
      ...{ ARGON2_MEMORY_KIB: '', ARGON2_PASSES: '', LOG_LEVEL: 'error' },
    };
    const { url: databaseUrl } = await emptyDatabase();
    await expect(boot(databaseUrl, production)).rejects.toThrow(/lacks \d+ migration.*npm run cli -- migrate/);
    const env = { ...process.env, ...testSettings, NODE_ENV: 'test', DATABASE_URL: databaseUrl };
    const cli = () =>
      execFileSync(process.execPath, ['scripts/start.cjs', 'cli', 'migrate'], { env, encoding: 'utf8' });
    expect(cli()).toMatch(/^Applied \d+ migration/);
    expect(cli()).toBe('The database is up to date.\n');
    const migrated = await boot(databaseUrl, production);
    await migrated.close();
  });
});

function boot(databaseUrl: string, settings: Record<string, string> = {}) {
  const config = watched(
    Config.fromEnv({ ...testSettings, DATABASE_URL: databaseUrl, ...settings }),
    Object.keys(settings),
  );
  return createApp({ config, log: Log.to(config), clock: new Clock() });
}
