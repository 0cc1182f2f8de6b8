// A role that an administrator changes acts at once and everywhere: on every instance, at a sibling that follows the feed,
// and in a client, which goes on by itself. How fast the feed is, bench/scenarios/feed.mjs measures.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, memoryStorage } from '../packages/client/src/main.js';
import { createVerifier, isVerificationError, type Verifier } from '../packages/verifier/src/main.js';
import { type Administrator, administrator } from './support/admins.js';
import { decode, me, register } from './support/client.js';
import { FEED } from './support/feed.js';
import { startRedis } from './support/redis.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { until } from './support/until.js';
import { closedLater, eventsOf } from './support/web-client.js';

const ISSUER = 'https://auth.test';
let redis: Awaited<ReturnType<typeof startRedis>>;
let instances: Service[] = [];
let sibling: Verifier;
let ada: Administrator;
beforeAll(async () => {
  redis = await startRedis({ isKept: true });
  const databaseUrl = await cloneDatabase();
  const settings = { PUBLIC_URL: ISSUER, ROLES: 'user,support,admin', REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '5000' };
  const [one, two] = [await startService(settings, { databaseUrl }), await startService(settings, { databaseUrl })];
  instances = [one, two];
  ada = await administrator(one);
  sibling = createVerifier({
    ...{ issuer: ISSUER, audience: ISSUER },
    ...{ jwksUri: `${two.url}/.well-known/jwks.json`, revocationsUri: two.url + FEED },
  });
});
afterAll(async () => {
  sibling.close();
  for (const instance of instances) {
    const ending = setInterval(() => instance.app.getHttpServer().closeAllConnections(), 100);
    await instance.stop().finally(() => clearInterval(ending));
  }
  await redis.remove();
});

const verdictOf = (token: string) =>
  sibling.verify(token).then(
    () => 'live',
    (error: unknown) => {
      if (!isVerificationError(error)) throw error;
      return error.code;
    },
  );

it('both instances and a following sibling refuse the old role, and the client goes on with the new one', async () => {
  const issuer = instances[0]?.url ?? '';
  const person = await register(issuer);
  let sent = '';
  const noting: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    sent = /^Bearer (.*)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? sent;
    return fetch(request);
  };
  const client = closedLater(createClient({ issuer, transport: 'bearer', storage: memoryStorage(), fetch: noting }));
  const events = eventsOf(client);
  await client.signIn(person);
  expect(await (await client.fetch(`${issuer}/auth/me`)).json()).toMatchObject({ role: 'user' });
  const old = sent;
  for (const { url } of instances) expect((await me(url, old)).status).toBe(200);
  await until('the sibling accepts it', async () => (await verdictOf(old)) === 'live');

  const id = String(decode(old)['sub']);
  expect((await ada.ask('PATCH', `/admin/users/${id}`, { body: { role: 'support' } })).status).toBe(200);
  // At once: the answer came after every instance was known to refuse it.
  for (const { url } of instances) expect((await me(url, old)).json['code']).toBe('token_stale');
  await until('the sibling refuses the old role', async () => (await verdictOf(old)) === 'token_stale');

  const answer = await client.fetch(`${issuer}/auth/me`);
  expect(await answer.json()).toMatchObject({ id, role: 'support' });
  expect(events).toEqual(['signed-in', 'refreshed']);
  const now = sent;
  expect(decode(now)).toMatchObject({ role: 'support', sid: decode(old)['sid'] });
  await until('the sibling accepts the new one', async () => (await verdictOf(now)) === 'live');
});
