// A back-channel logout while something is away: the provider is told to try again, and nothing is half done.
import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import pg from 'pg';
import { beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { LOGOUT_EVENT } from '../src/upstream/logout/logout-token.js';
import { call, register } from './support/client.js';
import { openLiar, SUBJECT } from './support/lying-provider.js';
import { startRedis } from './support/redis.js';
import { type Service, startServiceForTest } from './support/service.js';
import { subjectOf } from './support/upstream-provider.js';
import { linkedUser, linkUser, startWithUpstream, UpstreamBrowser, withProviders } from './support/upstream-way.js';

let key: CryptoKey;
let jwks: { keys: object[] };
beforeAll(async () => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  key = privateKey;
  jwks = { keys: [{ ...(await exportJWK(privateKey)), kid: 'first', alg: 'RS256', use: 'sig' }] };
});

async function start(settings: Record<string, string> = {}) {
  const { service, upstream } = await startWithUpstream({ settings, wanted: { jwks } });
  upstream.people.set('ada', { email: 'ada@example.com' });
  await linkedUser(service, upstream.issuer, 'ada');
  const browser = new UpstreamBrowser(service.url);
  expect((await browser.signIn('ada')).headers['location']).toBe('http://auth.test/account');
  return { service, upstream, browser };
}

function tokenOf(issuer: string): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer, aud: 'watchword', iat: now, exp: now + 120, jti: randomUUID(), sub: subjectOf('ada') };
  return new SignJWT({ ...claims, events: { [LOGOUT_EVENT]: {} } })
    .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: 'first' })
    .sign(key);
}

const send = (service: Service, token: string, id = 'authentik') =>
  call(service.url, 'POST', `/auth/upstream/${id}/logout`, {
    rawBody: new URLSearchParams({ logout_token: token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

it('the database is away: 503, and the same token counts afterwards', async () => {
  const { service, upstream, browser } = await start();
  const admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  onTestFinished(() => admin.end());
  const name = new URL(service.databaseUrl).pathname.slice(1);
  const cut = async (isCut: boolean) => {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${!isCut}`);
    if (isCut) await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  };
  const token = await tokenOf(upstream.issuer);
  await cut(true);
  const away = await send(service, token);
  await cut(false);
  expect([away.status, away.json['code'], away.json['error']]).toEqual([503, 'unavailable', 'temporarily_unavailable']);
  expect((await send(service, token)).status).toBe(200);
  expect((await browser.go('GET', '/auth/me')).status).toBe(401);
});

it('Redis is away: the session has ended, and 503 says that not every instance may know it yet', async () => {
  const redis = await startRedis();
  const { service, upstream } = await start({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100' });
  await redis.stop();
  const answer = await send(service, await tokenOf(upstream.issuer));
  expect([answer.status, answer.json['code']]).toEqual([503, 'revocation_unconfirmed']);
  const [row] = await service.query('SELECT revoked_reason FROM refresh_tokens');
  expect(row).toEqual({ revoked_reason: 'upstream_logout' });
});

it('what the provider publishes as its keys is no key set: 502, and the log says why', async () => {
  const liar = await openLiar();
  onTestFinished(() => liar.close());
  liar.lie = { jwks: () => ({ keys: 'none' }) };
  const service = await withProviders([liar.entry], (known) => startServiceForTest(known));
  const answer = await send(service, await tokenOf(liar.issuer), 'liar');
  expect([answer.status, answer.json['code']]).toEqual([502, 'upstream_invalid']);
  const line = service.log.find(({ event }) => event === 'upstream.logout_refused');
  expect(line).toMatchObject({
    provider: 'liar',
    code: 'upstream_invalid',
    reason: expect.stringContaining('JSON Web Key Set'),
  });
});

it.each(['javascript:alert(1)', 'data:text/html,x', 'not an address', '//elsewhere.example/', ''])(
  'a logout hands no page the address %j, which the provider names for the end of its session',
  async (endpoint) => {
    const liar = await openLiar();
    onTestFinished(() => liar.close());
    const service = await withProviders([liar.entry], (known) => startServiceForTest(known));
    const person = await register(service.url);
    await linkUser(service, person.email, { issuer: liar.issuer, subject: SUBJECT });
    const browser = new UpstreamBrowser(service.url, 'liar');
    expect((await browser.signIn('ada')).headers['location']).toBe('http://auth.test/account');
    // Honest until then. The metadata is asked for again after an hour.
    liar.lie = { metadata: (honest) => ({ ...honest, end_session_endpoint: endpoint }) };
    await service.advance(3_601);
    const answer = await browser.go('POST', '/auth/logout?upstream=true');
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await browser.go('GET', '/auth/me')).status).toBe(401);
  },
);
