// A sibling with @watchword/verifier that follows the real service: what happened there is known here within two seconds.
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier, isVerificationError, type VerifierOptions } from '../packages/verifier/src/main.js';
import { KeyStore } from '../src/keys/key-store.js';
import { planRevocation } from '../src/keys/rotation.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { bearer, call, decode, mobile, refresh, somebody } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { addService, removed, tokenOf } from './support/services.js';
import { until } from './support/until.js';

const ISSUER = 'https://auth.test';
const ORDERS = 'https://orders.test';
const settings = { PUBLIC_URL: ISSUER, JWT_AUDIENCE: `${ISSUER},${ORDERS}`, RATE_LIMITS: 'off' };

type Phone = Awaited<ReturnType<typeof mobile>>;

/** A sibling whose requests for the issuer go to the service that `at` names. */
function sibling(at: () => Service, options: Partial<VerifierOptions> = {}) {
  const asked: string[] = [];
  const servers = new Set<Server>();
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: ORDERS,
    fetch: (url, init) => {
      const { pathname, search } = new URL(url instanceof Request ? url.url : url);
      asked.push(pathname);
      const { app, url: base } = at();
      servers.add(app.getHttpServer());
      return fetch(`${base}${pathname}${search}`, init);
    },
    ...options,
  });
  onTestFinished(() => {
    verifier.close();
    // After an abort `fetch` opens a connection that it does not use, for which a server that stops waits a minute.
    for (const server of servers) {
      const timer = setInterval(() => server.closeAllConnections(), 100);
      server.once('close', () => clearInterval(timer));
    }
  });
  const verdictOn = async (token: string): Promise<string> => {
    try {
      await verifier.verify(token);
      return 'accepted';
    } catch (error) {
      if (!isVerificationError(error)) throw error;
      return error.session === undefined ? error.code : `${error.code} (${error.session})`;
    }
  };
  return { verifier, asked, verdictOn };
}

/** @returns the verdict that replaced `accepted`; after how long, is measured by `npm run bench -- feed` */
async function death(verdictOn: (token: string) => Promise<string>, token: string): Promise<string> {
  let verdict = 'accepted';
  await until('the token is refused', async () => (verdict = await verdictOn(token)) !== 'accepted');
  return verdict;
}

const caller = () => ({ ip: null, userAgent: null, requestId: randomUUID() });
const own =
  (path: string, method = 'POST', body?: (phone: Phone) => object) =>
  (service: Service, phone: Phone) =>
    call(service.url, method, path, { headers: bearer(phone.accessToken), ...(body ? { body: body(phone) } : {}) });

/** Every kind of act that ends tokens, and what a sibling then says. */
const acts: Record<string, [(service: Service, phone: Phone) => Promise<unknown>, string]> = {
  'a logout': [own('/auth/logout'), 'token_revoked (ended)'],
  'a logout everywhere': [own('/auth/logout-all'), 'token_revoked (ended)'],
  'a session that its owner ends from the list': [
    (service, phone) => own(`/auth/sessions/${phone.session.id}`, 'DELETE')(service, phone),
    'token_revoked (ended)',
  ],
  'a refresh token that was used twice': [
    async (service, phone) => {
      await refresh(service.url, phone.refreshToken);
      await service.advance(61);
      await refresh(service.url, phone.refreshToken);
    },
    'token_revoked (ended)',
  ],
  'a single token that is revoked': [
    (service, phone) =>
      service.app.get(SessionEnd, { strict: false }).token(decode(phone.accessToken) as never, caller()),
    'token_revoked (keep)',
  ],
  'a changed password': [
    own('/auth/password', 'POST', ({ person }) => ({
      currentPassword: person.password,
      newPassword: somebody().password,
    })),
    'token_revoked (ended)',
  ],
  'a deleted account': [own('/auth/me', 'DELETE'), 'token_stale (keep)'],
  'a revoked key': [
    (service, phone) => {
      const { kid } = decode(phone.accessToken, 0) as { kid: string };
      return service.app.get(KeyStore).change((keys, now) => planRevocation(keys, kid, now), null);
    },
    'token_stale (keep)',
  ],
};

describe('a sibling that follows the feed refuses the tokens of', () => {
  it.each(Object.entries(acts))('%s', async (_, [act, expected]) => {
    const service = await startServiceForTest(settings);
    const { verdictOn } = sibling(() => service);
    const [phone, other] = [await mobile(service.url), await mobile(service.url)];
    expect([await verdictOn(phone.accessToken), await verdictOn(other.accessToken)]).toEqual(['accepted', 'accepted']);
    await act(service, phone);
    expect(await death(verdictOn, phone.accessToken)).toBe(expected);
    // A revoked key ends everybody's tokens; all else is nobody else's business.
    const ofOthers = act === acts['a revoked key']?.[0] ? 'token_stale (keep)' : 'accepted';
    expect(await verdictOn(other.accessToken)).toBe(ofOthers);
    expect(await verdictOn((await mobile(service.url)).accessToken)).toBe('accepted');
  });

  it('a service that was removed', async () => {
    const service = await startServiceForTest(settings);
    const { verdictOn } = sibling(() => service);
    const client = await addService(service, { scopes: ['orders.read'], resources: [ORDERS] });
    const token = await tokenOf(service.url, client);
    expect(await verdictOn(token)).toBe('accepted');
    await removed(service, client);
    expect(await death(verdictOn, token)).toBe('token_stale (keep)');
  });
});

it('F1: whichever of three instances ended the session, and whichever one the sibling asks', async () => {
  const databaseUrl = await cloneDatabase();
  const instances: Service[] = [];
  for (let count = 0; count < 3; count++) instances.push(await startServiceForTest(settings, { databaseUrl }));
  let turn = 0;
  const at = () => instances[turn++ % instances.length] as Service;
  const { verdictOn } = sibling(at);
  for (let round = 0; round < 12; round++) {
    const phone = await mobile(at().url);
    await until('its token is accepted', async () => (await verdictOn(phone.accessToken)) === 'accepted');
    const answer = await own('/auth/logout')(instances[round % 3] as Service, phone);
    expect(answer.status).toBe(204);
    expect(await death(verdictOn, phone.accessToken)).toBe('token_revoked (ended)');
  }
});

it('verifies a hundred tokens of a hundred people with no request but for the feed', async () => {
  const service = await startServiceForTest(settings);
  const { verdictOn, asked } = sibling(() => service);
  const phones = await Promise.all(Array.from({ length: 5 }, () => mobile(service.url)));
  for (let round = 0; round < 20; round++)
    for (const { accessToken } of phones) expect(await verdictOn(accessToken)).toBe('accepted');
  const others = asked.filter((path) => path !== '/.well-known/revocations');
  expect(others).toEqual(['/.well-known/oauth-authorization-server', '/.well-known/jwks.json']);
});

describe('F5: the promise or the policy of the route holds when', () => {
  it('the issuer restarts: nobody is refused, and what was revoked stays so', async () => {
    const databaseUrl = await cloneDatabase();
    let service = await startService(settings, { databaseUrl });
    const { verifier, verdictOn } = sibling(() => service);
    const [live, dead] = [await mobile(service.url), await mobile(service.url)];
    await own('/auth/logout')(service, dead);
    expect(await death(verdictOn, dead.accessToken)).toBe('token_revoked (ended)');
    const closing = setInterval(() => service.app.getHttpServer().closeAllConnections(), 500);
    await service.stop();
    clearInterval(closing);
    expect(await verdictOn(live.accessToken)).toBe('accepted');
    service = await startServiceForTest(settings, { databaseUrl });
    await until('the feed is back', () => verifier.health().lastError === undefined && verifier.health().isFresh);
    const later = await mobile(service.url);
    await own('/auth/logout')(service, later);
    await death(verdictOn, later.accessToken);
    expect([await verdictOn(live.accessToken), await verdictOn(dead.accessToken)]).toEqual([
      'accepted',
      'token_revoked (ended)',
    ]);
  });

  it('the sibling restarts: it knows what was revoked before its first answer', async () => {
    const service = await startServiceForTest(settings);
    const phone = await mobile(service.url);
    await own('/auth/logout')(service, phone);
    expect(await sibling(() => service).verdictOn(phone.accessToken)).toBe('token_revoked (ended)');
  });

  it('the issuer cannot read its database: it answers, but the sibling sees the feed grow old and refuses', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const service = await startService(settings, { databaseUrl: proxy.url });
    const phone = await mobile(service.url);
    const { verifier, verdictOn } = sibling(() => service, { maxFeedAge: 10 });
    expect(await verdictOn(phone.accessToken)).toBe('accepted');
    proxy.close();
    await until('the feed is stale', () => !verifier.health().isFresh);
    expect(await verdictOn(phone.accessToken)).toBe('unavailable (keep)');
    expect(await verifier.verify(phone.accessToken, { onStale: 'accept' })).toMatchObject({ sub: phone.user.id });
    verifier.close();
    const closing = setInterval(() => service.app.getHttpServer().closeAllConnections(), 500);
    await service.app.close().finally(() => clearInterval(closing));
  });

  it.each([29, -29])('the clock of the sibling is %i seconds ahead', async (seconds) => {
    const service = await startServiceForTest(settings);
    const { verifier, verdictOn } = sibling(() => service, { clock: () => Date.now() + seconds * 1_000 });
    const phone = await mobile(service.url);
    expect(await verdictOn(phone.accessToken)).toBe('accepted');
    await own('/auth/logout')(service, phone);
    expect(await death(verdictOn, phone.accessToken)).toBe('token_revoked (ended)');
    expect(verifier.health().isFresh).toBe(true);
  });
});
