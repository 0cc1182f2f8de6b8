// The revocation feed, as a follower sees it (docs/protocols/feed.md).
import { gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { KeyStore } from '../src/keys/key-store.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { planRevocation } from '../src/keys/rotation.js';
import { Revocations } from '../src/revocation/revocations.js';
import { Draining } from '../src/runtime/draining.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { FeedDocuments } from '../src/siblings/feed-documents.js';
import { RevokedSets, wholeSet } from '../src/siblings/revoked-set.js';
import { bearer, call, decode, me, mobile } from './support/client.js';
import { ask, asOfOf, documentOf, FEED, follow, hashOf, isDeadBy } from './support/feed.js';
import { figure, logout, twoInstances } from './support/instances.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { addService, removed, revoke, tokenOf } from './support/services.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const READ = /revoked_subjects.*signing_keys/s;
const followers = (service: Service) => figure(service, 'watchword_feed_followers{state="held"}');
const etagOf = async ({ url }: Service) => (await ask(url)).headers['etag'] as string;

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMITS: 'off' });
});
afterAll(() => service.stop());

describe('the document', () => {
  it('names by their hashes the sessions, tokens and users that ended, in the order of bytes', async () => {
    const own = await startServiceForTest({ RATE_LIMITS: 'off' });
    expect(await documentOf(own.url)).toMatchObject({ sids: [], jtis: [], subs: {}, kids: [] });
    const [ended, other, token, changed] = [
      await mobile(own.url),
      await mobile(own.url),
      await mobile(own.url),
      await mobile(own.url),
    ];
    await logout(own, ended);
    await logout(own, other);
    const { jti, ...claims } = decode(token.accessToken) as any;
    await own.app
      .get(SessionEnd)
      .token({ jti, ...claims }, { ip: null, userAgent: null, requestId: crypto.randomUUID() });
    await own.query('UPDATE users SET token_version = 7 WHERE id = $1', [changed.user.id]);
    const sids = [ended, other].map(({ session }) => hashOf(session.id)).toSorted((a, b) => (a < b ? -1 : 1));
    await until('the next read has it', async () => hashOf(changed.user.id) in (await documentOf(own.url)).subs);
    const document = await documentOf(own.url);
    expect(document).toMatchObject({ sids, jtis: [hashOf(jti)], subs: { [hashOf(changed.user.id)]: 7 } });
    expect(document).toMatchObject({ iss: 'http://auth.test', sub: `http://auth.test${FEED}`, ttl: 2 });
    expect(document.hash).toBe('sha-256-128');
    expect(document.exp - document.iat).toBeCloseTo(60);
    const text = JSON.stringify(document);
    for (const id of [ended.session.id, changed.user.id, jti, ended.person.email]) expect(text).not.toContain(id);
    for (const phone of [ended, other, token, changed]) expect(isDeadBy(document, phone.accessToken)).toBe(true);
    expect(isDeadBy(document, (await mobile(own.url)).accessToken)).toBe(false);
  });

  it('is found through both metadata documents', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const { json } = await call(service.url, 'GET', `/.well-known/${name}`);
      expect(json['revocations_uri']).toBe(`http://auth.test${FEED}`);
    }
  });

  it('is signed by the current key with a type of its own, and is no access token', async () => {
    const answer = await ask(service.url);
    expect(answer.headers['content-type']).toBe('application/revocations+jwt');
    expect(decode(answer.text, 0)).toMatchObject({ alg: 'RS256', typ: 'revocations+jwt' });
    expect((await me(service.url, answer.text)).json['code']).toBe('unauthenticated');
  });

  it('of an equal set has an equal entity tag, on every instance, and other times', async () => {
    const [one, two] = await twoInstances({});
    await logout(one, await mobile(one.url));
    await until('both know', async () => (await documentOf(two.url)).sids.length === 1);
    const documents = [await documentOf(one.url), await documentOf(two.url)];
    expect(documents[0]?.etag).toBe(documents[1]?.etag);
    expect(documents[0]?.iat).not.toBe(documents[1]?.iat);
    expect(await etagOf(one)).toBe(documents[0]?.etag);
  });

  it('may be revalidated, read by pages of any origin without credentials, asked for by HEAD, and compressed', async () => {
    const plain = await ask(service.url, undefined, undefined, { origin: 'https://anywhere.example' });
    expect(plain.headers).toMatchObject({
      ...{ 'cache-control': 'no-cache', vary: 'accept-encoding' },
      'access-control-allow-origin': '*',
      'access-control-expose-headers':
        'retry-after, x-request-id, www-authenticate, dpop-nonce, etag, revocations-as-of',
    });
    expect(plain.headers['access-control-allow-credentials']).toBeUndefined();
    expect(plain.headers['content-encoding']).toBeUndefined();
    const head = await call(service.url, 'HEAD', `${FEED}?wait=20`, { headers: { 'if-none-match': '"x"' } });
    expect([head.status, head.text, head.headers['etag']]).toEqual([200, '', plain.headers['etag']]);
    expect((await compressed(service)).toString()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    for (const refused of ['identity', 'br', 'gzip;q=0', 'identity, gzip;q=0.5']) {
      const answer = await ask(service.url, undefined, undefined, { 'accept-encoding': refused });
      expect([refused, answer.headers['content-encoding']]).toEqual([refused, undefined]);
    }
  });

  it('is signed once for all who ask within five seconds, and again when the set changed', async () => {
    const own = await startServiceForTest({ RATE_LIMITS: 'off' });
    const phone = await mobile(own.url);
    const [first, second] = [await ask(own.url), await ask(own.url)];
    expect(second.text).toBe(first.text);
    await own.advance(5);
    const later = () => ask(own.url).then(({ text }) => text);
    await until('it is signed anew', async () => (await later()) !== first.text);
    expect(await figure(own, 'watchword_feed_signatures_total{of="document"}')).toBe(2);
    await logout(own, phone);
    expect((await ask(own.url)).headers['etag']).not.toBe(first.headers['etag']);
  });
});

/** As a client that asks for gzip receives it. */
function compressed({ url }: Service): Promise<Buffer> {
  return new Promise((done, fail) => {
    const outgoing = request(url + FEED, { headers: { 'accept-encoding': 'br, gzip' } }, (response) => {
      expect(response.headers['content-encoding']).toBe('gzip');
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(gunzipSync(Buffer.concat(chunks))));
    });
    outgoing.on('error', fail).end();
  });
}

describe('a follower', () => {
  it('that has the set is told so, by a signed token with the time of the read', async () => {
    const now = async () => {
      const [row] = await service.query<{ now: number }>('SELECT extract(epoch FROM protocol_now())::float8 AS now');
      return row?.now ?? 0;
    };
    const etag = await etagOf(service);
    for (const known of [etag, `"x", ${etag}`, etag.replace('W/', '')]) {
      const asked = await now();
      const answer = await ask(service.url, known);
      expect([answer.status, answer.text, answer.headers['etag']]).toEqual([304, '', etag]);
      const { iat, etag: signed } = await asOfOf(service.url, answer);
      expect(signed).toBe(etag);
      expect(iat).toBeGreaterThan(asked - 3);
      expect(iat).toBeLessThan(await now());
    }
    expect((await ask(service.url, '"x"')).status).toBe(200);
  });

  it('that waits is answered at once when a token ends on the same instance', async () => {
    const phone = await mobile(service.url);
    const etag = await etagOf(service);
    const reads = await figure(service, 'watchword_feed_reads_total{outcome="changed"}');
    const held = ask(service.url, etag, 20);
    await until('it is held', async () => (await followers(service)) === 1);
    await logout(service, phone);
    const answer = await held;
    expect([answer.status, answer.headers['etag'] === etag]).toEqual([200, false]);
    expect(isDeadBy(decode(answer.text) as any, phone.accessToken)).toBe(true);
    expect(await figure(service, 'watchword_feed_reads_total{outcome="changed"}')).toBe(reads + 1);
  });

  it('need not wait for the read of the next second when a token ends on the same instance', async () => {
    const reads = () => figure(service, 'watchword_feed_reads_total{outcome="unchanged"}');
    let isAtOnce = false;
    for (let round = 0; round < 10 && !isAtOnce; round++) {
      const phone = await mobile(service.url);
      const held = ask(service.url, await etagOf(service), 20);
      await until('it is held', async () => (await followers(service)) === 1);
      const before = await reads();
      await until('a read has just ended', async () => (await reads()) > before);
      const from = performance.now();
      await logout(service, phone);
      expect((await held).status).toBe(200);
      isAtOnce = performance.now() - from < 700; // the next read would be due after a second
    }
    expect(isAtOnce).toBe(true);
  });

  it('that waits learns what another instance, a command line or a hand has ended', async () => {
    const [one, two] = await twoInstances({});
    const [phone, hand] = [await mobile(one.url), await mobile(one.url)];
    const held = ask(two.url, await etagOf(two), 20);
    await until('it is held', async () => (await followers(two)) === 1);
    await logout(one, phone);
    const answer = await held;
    expect(isDeadBy(decode(answer.text) as any, phone.accessToken)).toBe(true);
    const again = ask(two.url, answer.headers['etag'] as string, 20);
    await until('it is held', async () => (await followers(two)) === 1);
    await one.query('DELETE FROM users WHERE id = $1', [hand.user.id]);
    expect(isDeadBy(decode((await again).text) as any, hand.accessToken)).toBe(true);
  });

  it('that waits in vain is told as of when its set is complete, each time a newer one', async () => {
    const etag = await etagOf(service);
    const times: number[] = [];
    for (let round = 0; round < 2; round++) {
      const answer = await ask(service.url, etag, 2);
      expect(answer.status).toBe(304);
      times.push((await asOfOf(service.url, answer)).iat);
    }
    expect(times[1]).toBeGreaterThan(times[0] ?? Number.NaN);
  });

  it('learns of a revoked key at once, from a document that another key has signed (F6)', async () => {
    const own = await startServiceForTest();
    own.app.get(KeyWatch).onApplicationShutdown(); // the feed alone tells the key ring
    const phone = await mobile(own.url);
    const { kid } = decode(phone.accessToken, 0) as { kid: string };
    const held = ask(own.url, await etagOf(own), 20);
    await until('it is held', async () => (await followers(own)) === 1);
    await own.app.get(KeyStore).change((keys, now) => planRevocation(keys, kid, now), null);
    const answer = await held;
    expect(decode(answer.text)['kids']).toEqual([kid]);
    expect(decode(answer.text, 0)['kid']).not.toBe(kid);
    expect(isDeadBy(await documentOf(own.url), phone.accessToken)).toBe(true);
    const named = async () => (await own.app.get(RevokedSets).read()).kids;
    await own.advance(86_400 + 60);
    expect(await named()).toEqual([kid]);
    await own.advance(120);
    expect(await named()).toEqual([]); // no cache can hold it any more
  });

  it.each(['21', '-1', 'x', '', '1.5', '020'])('that asks to wait %s is refused', async (wait) => {
    const answer = await call(service.url, 'GET', `${FEED}?wait=${wait}`);
    expect(answer.json).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('held requests', () => {
  it('end when the service drains, and their connections with them; later ones are not held', async () => {
    const own = await startServiceForTest();
    const etag = await etagOf(own);
    const held = [follow(own.url, etag), follow(own.url, etag)];
    await until('they are held', async () => (await followers(own)) === 2);
    own.app.get(Draining).begin();
    await until('none is held', async () => (await followers(own)) === 0, 5_000);
    for (const { answer } of held) {
      const { statusCode, headers } = await answer;
      expect([statusCode, headers.connection, typeof headers['revocations-as-of']]).toEqual([304, 'close', 'string']);
    }
    expect((await follow(own.url, etag).answer).statusCode).toBe(304);
    expect(await followers(own)).toBe(0);
  });

  it('are bounded, and one network holds a quarter of the places at most', async () => {
    const own = await startServiceForTest({ FEED_FOLLOWERS: '8' });
    const etag = await etagOf(own);
    const greedy = [1, 2].map(() => follow(own.url, etag));
    await until('they are held', async () => (await followers(own)) === 2);
    const refused = await ask(own.url, etag, 20);
    expect(refused.json).toMatchObject({ status: 503, code: 'unavailable', retryAfter: 2 });
    expect(refused.headers['retry-after']).toBe('2');
    const others = [2, 2, 3, 3, 4, 4].map((last) => follow(own.url, etag, { from: `127.0.0.${last}` }));
    await until('all places are taken', async () => (await followers(own)) === 8);
    expect((await follow(own.url, etag, { from: '127.0.0.9' }).answer).statusCode).toBe(503);
    expect((await ask(own.url, etag)).status).toBe(304);
    expect((await ask(own.url)).status).toBe(200);
    greedy[0]?.leave();
    await until('its place is free', async () => (await followers(own)) === 7);
    const next = follow(own.url, etag, { from: '127.0.0.9' });
    await until('another has it', async () => (await followers(own)) === 8);
    expect(await figure(own, 'watchword_feed_refused_total')).toBe(2);
    expect(own.log.filter(({ event }) => event === 'feed.full')).toHaveLength(1);
    for (const each of [...greedy, ...others, next]) each.leave();
    await until('all have gone', async () => (await followers(own)) === 0);
  });
});

describe('the set', () => {
  it('is read once a second for all followers, and not at all when nobody follows', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await own.stop();
      proxy.close();
    });
    const phone = await mobile(own.url);
    await logout(own, phone);
    expect(proxy.count(READ)).toBe(0);
    const etag = await etagOf(own);
    const held = Array.from({ length: 50 }, () => follow(own.url, etag));
    await until('all are held', async () => (await followers(own)) === 50);
    const [from, before] = [performance.now(), proxy.count(READ)];
    await until('four more reads', () => proxy.count(READ) >= before + 4);
    expect(performance.now() - from).toBeGreaterThan(2_900);
    for (const each of held) each.leave();
    await until('all have gone', async () => (await followers(own)) === 0);
    const after = proxy.count(READ);
    await until('a read would be due', () => performance.now() - from > 8_000);
    expect(proxy.count(READ)).toBeLessThanOrEqual(after + 1);
  });

  it('holds what commits late: no order of numbers is trusted', async () => {
    const [early, late] = [await mobile(service.url), await mobile(service.url)];
    const database = service.app.get(Database);
    const revocations = service.app.get(Revocations);
    const end = ({ user, session }: typeof early) => ({ sessions: [{ userId: user.id, sessionId: session.id }] });
    let commit = () => {};
    const isHeld = new Promise<void>((done) => (commit = done));
    let written = () => {};
    const isWritten = new Promise<void>((done) => (written = done));
    const slow = inTransaction(database, async (tx) => {
      await revocations.end(tx, end(early));
      written();
      await isHeld;
    });
    await isWritten;
    await inTransaction(database, (tx) => revocations.end(tx, end(late)));
    const first = await documentOf(service.url);
    expect([early, late].map(({ accessToken }) => isDeadBy(first, accessToken))).toEqual([false, true]);
    commit();
    await slow;
    expect(isDeadBy(await documentOf(service.url), early.accessToken)).toBe(true);
  });

  it('is found by one range of each index on expires_at, among many rows that have expired', async () => {
    const own = await startServiceForTest();
    const phone = await mobile(own.url);
    await own.query(
      `INSERT INTO access_revocations (user_id, kind, ref, expires_at)
       SELECT $1, 's', gen_random_uuid(), protocol_now() + make_interval(secs => 500 - g) FROM generate_series(1, 20000) g`,
      [phone.user.id],
    );
    await own.query(
      `INSERT INTO revoked_subjects (subject, good_from, expires_at)
       SELECT gen_random_uuid(), 2, protocol_now() + make_interval(secs => 500 - g) FROM generate_series(1, 20000) g`,
    );
    await own.query('VACUUM ANALYZE access_revocations, revoked_subjects');
    const { sql: text, params } = new PgDialect().sqlToQuery(wholeSet(sql`86520`));
    const plan = await own.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, params);
    const lines = plan.map((row) => row['QUERY PLAN']).filter((line) => /Scan/.test(line));
    expect(lines.join('\n')).not.toMatch(/Seq Scan on (access_revocations|revoked_subjects)/);
    expect(lines.join('\n')).toMatch(/access_revocations_expires_at[^]*revoked_subjects_expires_at/);
    expect((await documentOf(own.url)).sids.length).toBeLessThan(500);
  });

  it('forgets an entry when no token that it covers can be alive, and not before', async () => {
    const own = await startServiceForTest({ RATE_LIMITS: 'off' });
    const [session, user] = [await mobile(own.url), await mobile(own.url)];
    await logout(own, session);
    await call(own.url, 'POST', '/auth/logout-all', { headers: bearer(user.accessToken) });
    const sizes = async () => {
      const { sids, subs } = await documentOf(own.url);
      return [sids.length, Object.keys(subs).length];
    };
    await until('it is there', async () => String(await sizes()) === '2,1');
    await own.advance(1_000);
    await until('a newer read', async () => (await documentOf(own.url)).iat > Date.now() / 1_000 + 990);
    expect(await sizes()).toEqual([2, 1]);
    await own.advance(30);
    await until('it is gone', async () => String(await sizes()) === '0,0');
  });

  it('that cannot be read is never called newer (F3)', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({}, { databaseUrl: proxy.url });
    const before = await documentOf(own.url);
    const etag = before.etag;
    const held = follow(own.url, etag, { wait: 2 });
    await until('it is held', async () => (await followers(own)) === 1);
    proxy.close();
    await until('a read failed', async () => (await figure(own, 'watchword_feed_reads_total{outcome="failed"}')) > 0);
    expect((await held.answer).statusCode).toBe(304);
    const times = [];
    for (let round = 0; round < 3; round++) times.push(decode((await ask(own.url)).text)['iat']);
    expect(times).toEqual([before.iat, before.iat, before.iat]);
    await own.app.close();
  });
});

it('a document that is signed later has the time of the read, and so has the confirmation (F3)', async () => {
  const own = await startServiceForTest();
  const set = await own.app.get(RevokedSets).read();
  await own.advance(4);
  const documents = own.app.get(FeedDocuments);
  const [whole, asOf] = [await documents.whole(set), await documents.asOf(set)];
  for (const token of [whole.body.toString(), asOf]) expect(decode(token)['iat']).toBe(set.readAt.getTime() / 1_000);
});

it('the deletion of an account is heard of, though its rows are gone', async () => {
  const phone = await mobile(service.url);
  await call(service.url, 'DELETE', '/auth/me', { headers: bearer(phone.accessToken) });
  const document = await documentOf(service.url);
  expect(document.subs[hashOf(phone.user.id)]).toBe(2_147_483_647);
});

it("the end of everybody's sessions is one entry, which new tokens outlive", async () => {
  const own = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phones = [await mobile(own.url), await mobile(own.url)];
  await own.advance(10);
  await own.app
    .get(SessionEnd)
    .allOfEverybody('operator', { ip: null, userAgent: null, requestId: crypto.randomUUID() });
  const document = await documentOf(own.url);
  expect(Object.keys(document.subs)).toEqual(['*']);
  for (const phone of phones) expect(isDeadBy(document, phone.accessToken)).toBe(true);
  const again = await mobile(own.url, phones[0]?.person);
  expect(isDeadBy(await documentOf(own.url), again.accessToken)).toBe(false);
});

it('what ended of services is in it, too: all tokens of one that was removed, and a single one', async () => {
  const [kept, gone] = [
    await addService(service, { resources: ['http://auth.test'] }),
    await addService(service, { resources: ['http://auth.test'] }),
  ];
  const [single, other, dead] = [
    await tokenOf(service.url, kept),
    await tokenOf(service.url, kept),
    await tokenOf(service.url, gone),
  ];
  await revoke(service.url, kept, single);
  await removed(service, gone);
  const isDead = async (token: string) => isDeadBy(await documentOf(service.url), token);
  await until('the next read has it', async () => (await isDead(single)) && (await isDead(dead)));
  expect(await isDead(other)).toBe(false);
});
