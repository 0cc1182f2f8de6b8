// Meets the refusals that the document has for many routes at once, each at each of its routes.
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { newTicket } from '../src/factors/factor-ticket.js';
import { newCode } from '../src/upstream/sign-in/upstream-code.js';
import { formatOneTimeToken } from '../src/tokens/one-time-token.js';
import { administrator } from './support/admins.js';
import { type Answer, bearer, Browser, call, type Call, me, mobile, register } from './support/client.js';
import { credentialOfNobody } from './support/authenticator.js';
import { boundMobile, ClientKey } from './support/key-proofs.js';
import { documentedRoutes, type DocumentedRoute } from './support/documented.js';
import { mailed } from './support/one-time-tokens.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { startRedis } from './support/redis.js';
import { addService, basic, revoke, tokenOf } from './support/services.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const all = { MAGIC_LINKS: 'on', MIGRATION_ISSUER: 'the old system' };
const routesWith = (code: string) => documentedRoutes.filter(({ codes }) => codes.includes(code));
const closedWith = (code: string) => routesWith(code).filter(({ isClosed }) => isClosed);

const purposes: Record<string, Parameters<typeof formatOneTimeToken>[0]['purpose']> = {
  '/auth/device': 'device',
  '/auth/email/verify': 'verify',
  '/auth/freeze': 'freeze',
  '/auth/magic': 'magic',
  '/auth/password/reset': 'reset',
};

const NO_ID = randomUUID();

/** A body that the route takes, of somebody who does not exist. */
function bodyFor({ path, fields }: DocumentedRoute): object | undefined {
  const unknown = { purpose: purposes[path] ?? 'verify', userId: randomUUID(), secret: randomBytes(32) };
  const values: Record<string, unknown> = {
    ...{ email: `${randomUUID()}@example.com`, newEmail: `${randomUUID()}@example.com` },
    ...{ password: 'a passphrase of nobody', currentPassword: 'a passphrase of nobody' },
    ...{ newPassword: 'another passphrase of nobody', token: formatOneTimeToken(unknown) },
    credential: credentialOfNobody(),
    ...{ code: newCode(randomUUID(), randomBytes(32)).text, codeVerifier: 'v'.repeat(43) },
  };
  // Exactly one of several, which a list of required fields cannot say.
  const ticket = newTicket(randomUUID(), randomBytes(32)).text;
  if (path === '/auth/factor') return { ticket, totp: '000000' };
  if (path === '/auth/factor/options') return { ticket };
  if (path === '/auth/reauthenticate') return { password: values['password'] };
  return fields && Object.fromEntries(fields.map((field) => [field, values[field]]));
}

const go = (service: Service, { method, path }: DocumentedRoute, given: Call = {}): Promise<Answer> =>
  call(
    service.url,
    method,
    path.replaceAll(/\{(?:id|sessionId)\}/g, () => randomUUID()).replace('{purpose}', 'verify'),
    given,
  );

/** Every route that documents the code answers with it. */
async function meets(
  code: string,
  routes: readonly DocumentedRoute[],
  ask: (route: DocumentedRoute) => Promise<Answer>,
) {
  expect(routes.length).toBeGreaterThan(0);
  for (const route of routes) {
    const answer = await ask(route);
    expect.soft(answer.json['code'], `${route.method} ${route.path}`).toBe(code);
  }
}

const isOfServices = ({ path }: DocumentedRoute) => path.startsWith('/oauth/');
/** It finds no provider here: what else it answers, is met in upstream-logout-outages.test.ts. */
const isLogoutThere = ({ path }: DocumentedRoute) => path === '/auth/upstream/{id}/logout';
const takesForms = (route: DocumentedRoute) => isOfServices(route) || isLogoutThere(route);

describe('a route refuses as the document says', () => {
  it('whatever is not well formed, too large, of another type or from another site', async () => {
    const service = await startServiceForTest(all);
    // An administrator: what others send to a route for administrators is not looked at.
    const headers = bearer((await administrator(service)).tokens.accessToken);
    await meets('invalid_request', routesWith('invalid_request'), (route) => {
      if (takesForms(route))
        return go(service, route, {
          rawBody: 'token=a&token=b',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
      const given = route.method === 'GET' ? { rawBody: '{}' } : { body: { shoe: 42 } };
      const isRefresh = route.path === '/auth/refresh';
      return go(service, route, {
        ...given,
        ...(isRefresh && route.method === 'DELETE' ? { headers } : {}),
        ...(route.isClosed ? { headers } : {}),
      });
    });
    await meets('body_too_large', routesWith('body_too_large'), (route) =>
      go(service, route, {
        rawBody: JSON.stringify({ shoe: 'x'.repeat(70_000) }),
        ...(takesForms(route) ? { headers: { 'content-type': 'application/x-www-form-urlencoded' } } : {}),
      }),
    );
    await meets('unsupported_media_type', routesWith('unsupported_media_type'), (route) =>
      go(service, route, { rawBody: 'shoe;42', headers: { 'content-type': 'text/csv' } }),
    );
    await meets('csrf_rejected', routesWith('csrf_rejected'), (route) =>
      go(service, route, { headers: { cookie: 'access_token=x', origin: 'https://elsewhere.example' } }),
    );
  });

  it('whoever has no access token, an old one, one of a session that ended, two, or one of a service', async () => {
    const service = await startServiceForTest(all);
    const person = await register(service.url);
    const old = await mobile(service.url, person);
    await service.advance(16 * 60);
    const browser = await Browser.signedIn(service.url, person);
    const cookie = browser.cookiesFor('/auth/me');
    await meets('token_expired', closedWith('token_expired'), (route) =>
      go(service, route, { headers: bearer(old.accessToken) }),
    );
    await meets('unauthenticated', closedWith('unauthenticated'), (route) => go(service, route));
    const two = { ...bearer(old.accessToken), cookie, 'sec-fetch-site': 'same-origin' };
    await meets('ambiguous_token', closedWith('ambiguous_token'), (route) => go(service, route, { headers: two }));
    const client = await addService(service, { resources: ['http://auth.test'] });
    const own = await tokenOf(service.url, client);
    await meets('user_token_required', closedWith('user_token_required'), (route) =>
      go(service, route, { headers: bearer(own) }),
    );
    const phone = await mobile(service.url, person);
    await service.query('UPDATE users SET token_version = token_version + 1 WHERE id = $1', [phone.user.id]);
    await meets('token_stale', closedWith('token_stale'), (route) =>
      go(service, route, { headers: bearer(phone.accessToken) }),
    );
    const gone = await mobile(service.url, person);
    expect((await call(service.url, 'POST', '/auth/logout', { headers: bearer(gone.accessToken) })).status).toBe(204);
    await meets('token_revoked', closedWith('token_revoked'), (route) =>
      go(service, route, { headers: bearer(gone.accessToken) }),
    );
  });

  it('a copy of an access token that is bound to a key', async () => {
    const service = await startServiceForTest({ ...all, ACCESS_TOKEN_BINDING: 'on' });
    const key = await ClientKey.make();
    const { accessToken } = await boundMobile(service.url, key);
    const authorization = `DPoP ${accessToken}`;
    await meets('dpop_scheme_mismatch', closedWith('dpop_scheme_mismatch'), (route) =>
      go(service, route, { headers: bearer(accessToken) }),
    );
    await meets('dpop_access_proof_invalid', closedWith('dpop_access_proof_invalid'), (route) =>
      go(service, route, { headers: { authorization } }),
    );
    await meets('dpop_nonce_required', closedWith('dpop_nonce_required'), async (route) => {
      const path = route.path.replaceAll(/\{(?:id|sessionId)\}/g, NO_ID).replace('{purpose}', 'verify');
      const dpop = await key.proof(path, { claims: { htm: route.method, iat: 1 } });
      return call(service.url, route.method, path, { headers: { authorization, dpop } });
    });
  });

  it('a browser whose cookies are worthless', async () => {
    const service = await startServiceForTest(all);
    const headers = { 'sec-fetch-site': 'same-origin', cookie: 'access_token=x' };
    const end = { method: 'DELETE', path: '/auth/refresh' } as DocumentedRoute;
    expect((await go(service, end, { headers })).json['code']).toBe('unauthenticated');
  });

  it('everybody while the database is away', async () => {
    const service = await startServiceForTest(all);
    const { accessToken } = await mobile(service.url);
    const browser = await Browser.signedIn(service.url);
    const client = await addService(service);
    const admin = new pg.Client({ connectionString: inject('postgresUrl') });
    await admin.connect();
    const name = new URL(service.databaseUrl).pathname.slice(1);
    const cut = async (isCut: boolean) => {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${!isCut}`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    };
    // These need no database: the keys are in memory, and the feed is as old as its last reading.
    const others = new Set(['/.well-known/jwks.json', '/.well-known/revocations']);
    // Navigations, which find no provider here (upstream-outages.test.ts).
    const isNavigation = ({ method, path }: DocumentedRoute) =>
      method === 'GET' && path.startsWith('/auth/upstream/{id}');
    await cut(true);
    await meets(
      'unavailable',
      routesWith('unavailable').filter(
        (route) => !others.has(route.path) && !isNavigation(route) && !isLogoutThere(route),
      ),
      (route) => {
        if (isOfServices(route)) {
          const rawBody = 'token=x&grant_type=client_credentials';
          return go(service, route, {
            rawBody,
            headers: { 'content-type': 'application/x-www-form-urlencoded', ...basic(client) },
          });
        }
        if (route.path === '/auth/refresh') return browser.go(route.method, route.path);
        const body = bodyFor(route);
        const isLogout = route.path === '/auth/logout';
        return go(service, route, {
          ...(body && !isLogout ? { body } : {}),
          ...(route.isClosed || isLogout ? { headers: bearer(accessToken) } : {}),
        });
      },
    );
    await cut(false);
    await admin.end();
    expect((await me(service.url, accessToken)).status).toBe(200);
  });

  it('whoever comes while too many passwords wait', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const settings = { PASSWORD_QUEUE_LENGTH: '6', PASSWORD_HASH_CONCURRENCY: '1', RATE_LIMITS: 'off' };
    const service = await startService(settings, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await service.stop();
      proxy.close();
    });
    const phone = await mobile(service.url);
    const lookUps = new RegExp(`from "users".*${phone.person.email}`, 's');
    const held = Array.from({ length: 7 }, (_, n) => proxy.pauseBefore(lookUps, n + 1));
    let refused = 0;
    const storm = Array.from({ length: 16 }, async () => {
      const answer = await call(service.url, 'POST', '/auth/login', { body: phone.person });
      if (answer.status === 503) refused++;
    });
    await until('the queue is full', () => refused > 0);
    const headers = bearer(phone.accessToken);
    // Refreshes have a queue of their own: test/admission.test.ts.
    const hashing = routesWith('overloaded').filter(({ path }) => path !== '/auth/refresh');
    await meets('overloaded', hashing, (route) => {
      const body = bodyFor(route);
      return go(service, route, { ...(body ? { body } : {}), ...(route.isClosed ? { headers } : {}) });
    });
    for (const each of held) each.release();
    await Promise.all(storm);
  });

  it('a network that was wrong too often, or asked for too many mails', async () => {
    const service = await startServiceForTest({ ...all, FAILURES_PER_ADDRESS: '10', MAIL_REQUESTS_PER_ADDRESS: '1' });
    const phone = await mobile(service.url);
    const headers = bearer(phone.accessToken);
    const change = { newEmail: 'new@example.com', currentPassword: phone.person.password };
    const ask = () => call(service.url, 'POST', '/auth/email', { body: change, headers });
    expect((await ask()).status).toBe(202);
    expect((await ask()).json['code']).toBe('too_many_attempts');
    const freeze = documentedRoutes.find(({ path }) => path === '/auth/freeze');
    if (!freeze) throw new Error('no such route');
    for (let time = 0; time < 10; time++) await go(service, freeze, { body: bodyFor(freeze) });
    const guesses = new Set([...Object.keys(purposes), '/auth/login', '/auth/reauthenticate', '/auth/password']);
    guesses.add('/auth/upstream/exchange');
    const mails = new Set(['/auth/magic/request', '/auth/password/forgot', '/auth/email/verify/resend']);
    const client = { clientId: 'svc_nobody', secret: 'no secret of ours' };
    const oauth = { ...basic(client), 'content-type': 'application/x-www-form-urlencoded' };
    const guess = (route: DocumentedRoute) =>
      go(service, route, { rawBody: 'token=x&grant_type=client_credentials', headers: oauth });
    const ofServices = routesWith('too_many_attempts').filter(isOfServices);
    for (const route of ofServices) for (let time = 0; time < 4; time++) await guess(route);
    await meets('too_many_attempts', ofServices, guess);
    await meets(
      'too_many_attempts',
      routesWith('too_many_attempts').filter(({ path }) => guesses.has(path) || mails.has(path)),
      (route) => go(service, route, { body: bodyFor(route), ...(route.isClosed ? { headers } : {}) }),
    );
  });

  it('nothing, but says that it is unconfirmed, while Redis is away', async () => {
    const redis = await startRedis();
    const service = await startServiceForTest({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100' });
    const [frozen, reset, out] = [await mobile(service.url), await mobile(service.url), await mobile(service.url)];
    const links = {
      freeze: (await mailed(service, frozen.user.id, 'freeze')).token,
      reset: (await mailed(service, reset.user.id, 'reset')).token,
    };
    const client = await addService(service, { scopes: ['revoke'] });
    const revoked = await mobile(service.url);
    await redis.stop();
    const newPassword = 'another passphrase of somebody';
    const answers = [
      await call(service.url, 'POST', '/auth/freeze', { body: { token: links.freeze } }),
      await call(service.url, 'POST', '/auth/password/reset', { body: { token: links.reset, newPassword } }),
      await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(out.accessToken) }),
    ];
    answers.push(await revoke(service.url, client, revoked.accessToken));
    expect(answers.map(({ json }) => json['code'])).toEqual(Array(4).fill('revocation_unconfirmed'));
  });
});
