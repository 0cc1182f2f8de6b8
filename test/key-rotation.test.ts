// The invariants of docs/protocols/keys.md on real instances and a real database; K6 and a part of K7 are in keys.test.ts.
import pg from 'pg';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Metrics } from '../src/telemetry/metrics.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { KeyStore } from '../src/keys/key-store.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { type Plan, SigningKeys } from '../src/keys/signing-keys.js';
import { planRevocation, planRotation, policyOf } from '../src/keys/rotation.js';
import { stateOf } from '../src/keys/signing-key.js';
import { Config } from '../src/config/config.js';
import { begun } from './support/arrivals.js';
import { bearer, call, decode, me, mobile, refresh } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { npmVerifiers, rotateUnderLoad, setTime, startFleet, startFront } from './support/rotation-under-load.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const jwks = (service: Service) => call(service.url, 'GET', '/.well-known/jwks.json');
const kidsOf = async (service: Service) =>
  ((await jwks(service)).json['keys'] as { kid: string }[]).map(({ kid }) => kid);
const kidOf = (token: string) => decode(token, 0)['kid'] as string;
const caller = { ip: null, userAgent: 'test', requestId: '00000000-0000-4000-8000-000000000001' };

const rotate = (service: Service, isForced = false): Promise<Plan> =>
  service.app
    .get(KeyStore)
    .change((keys, now) => planRotation(keys, now, policyOf(service.app.get(Config)), isForced), caller);
const revoke = (service: Service, kid: string): Promise<Plan> =>
  service.app.get(SigningKeys).change((keys, now) => planRevocation(keys, kid, now), [], caller);

describe('K1 K2: a year of rotations on protocol_now()', () => {
  it('always one signer, no token with a kid outside a key set, and old private halves are destroyed', async () => {
    const databaseUrl = await cloneDatabase();
    const fleet = [await startService({}, { databaseUrl }), await startService({}, { databaseUrl })] as const;
    onTestFinished(async () => {
      for (const service of fleet) await service.stop();
    });
    const rings = fleet.map(({ app }) => app.get(KeyRing));
    const watches = fleet.map(({ app }) => app.get(KeyWatch));
    for (const watch of watches) watch.onApplicationShutdown();
    const seen: string[] = [];
    let tokens: { kid: string; exp: number }[] = [];
    let seconds = 0;
    while (seconds < 365 * 86_400) {
      await setTime(fleet, seconds);
      // Not in step: one instance has always polled less recently than the other.
      await watches[(seconds / 10) % 2]!.look();
      const now = rings[0]!.now();
      for (const ring of rings) {
        const { kid } = await ring.signer(now);
        if (!seen.includes(kid)) seen.push(kid);
        tokens.push({ kid, exp: seconds + 900 });
        expect(ring.keys.filter((key) => stateOf(key, now) === 'signing')).toHaveLength(1);
      }
      tokens = tokens.filter(({ exp }) => exp > seconds);
      for (const ring of rings) {
        const published = ring.jwks.map(({ kid }) => kid);
        for (const { kid } of tokens) expect(published).toContain(kid);
      }
      seconds += stepFrom(rings[0]!);
    }
    const rows = await fleet[0].query<{ gone: boolean; sealed: boolean }>(
      `SELECT coalesce(remove_at <= protocol_now(), false) AS gone, private_sealed IS NOT NULL AS sealed FROM signing_keys ORDER BY published_at`,
    );
    expect(seen).toHaveLength(13);
    expect(rows).toHaveLength(14);
    for (const { gone, sealed } of rows) expect(sealed).toBe(!gone);
    const events = await fleet[0].query<{ type: string; count: string }>(
      `SELECT type, count(*) FROM audit_events WHERE type LIKE 'key.%' GROUP BY type ORDER BY type`,
    );
    expect(Object.fromEntries(events.map(({ type, count }) => [type, Number(count)]))).toEqual({
      'key.activated': 13,
      'key.published': 14,
      'key.removed': 12,
      'key.retired': 12,
    });
  }, 180_000);

  /** Small steps around events, large steps between them. */
  function stepFrom(ring: KeyRing): number {
    const now = ring.now().getTime();
    const times = ring.keys.flatMap(({ activateAt, retireAt, removeAt, publishedAt }) =>
      [activateAt, retireAt, removeAt, publishedAt].map((time) => (time?.getTime() ?? 0) - now),
    );
    const nearest = Math.min(...times.map(Math.abs));
    return nearest < 120_000 ? 10 : nearest < 3_700_000 ? 170 : 20_010;
  }
});

describe('K2: nothing is signed by a key that was published less than W1 ago', () => {
  it('a rotation to a young standby is refused with the earliest time; --force rotates anyway', async () => {
    const service = await startServiceForTest();
    expect(await rotate(service)).toMatchObject({ objection: 'standby_too_young' });
    expect(await rotate(service, true)).toHaveLength(3);
    expect(await rotate(service, true)).toMatchObject({ objection: 'rotating_already' });
  });
});

describe('K3: a rotation under load, three instances, one of which has stopped looking', () => {
  it('no token is refused by a guard, by jose or by jwks-rsa with their default settings', async () => {
    const fleet = await startFleet(3);
    const front = await startFront(fleet);
    const outcome = await rotateUnderLoad(fleet, npmVerifiers(front.url));
    expect(outcome.refused).toEqual([]);
    expect(outcome.kids).toHaveLength(2);
    for (const [name, shown] of Object.entries(outcome.shown)) expect([name, shown > 30]).toEqual([name, true]);
  }, 120_000);

  it('an instance that slept for a minute asks before it signs', async () => {
    const fleet = await startFleet(2);
    const [awake, asleep] = fleet as [Service, Service];
    const phone = await mobile(asleep.url);
    asleep.app.get(KeyWatch).onApplicationShutdown();
    await rotate(awake);
    await setTime([awake], -30);
    const before = await refresh(asleep.url, phone.refreshToken);
    expect(kidOf(before.json['accessToken'])).toBe(kidOf(phone.accessToken));
    await setTime(fleet, 61); // the key of the rotation signs now
    const answer = await refresh(asleep.url, before.json['refreshToken']);
    expect(kidOf(answer.json['accessToken'])).not.toBe(kidOf(phone.accessToken));
  }, 60_000);
});

describe('K4: a revoked key', () => {
  it('is refused by every instance at its next poll, with keep; the standby signs at once', async () => {
    const fleet = await startFleet(3);
    const [first] = fleet as [Service];
    const phone = await mobile(first.url);
    const old = createLocalJWKSet((await jwks(first)).json as unknown as JSONWebKeySet);
    const kid = kidOf(phone.accessToken);
    expect(await revoke(first, kid)).toHaveLength(2);
    for (const { app, url } of fleet) {
      await app.get(KeyWatch).look();
      expect((await me(url, phone.accessToken)).json).toMatchObject({ code: 'token_stale', session: 'keep' });
    }

    const again = await refresh(first.url, phone.refreshToken);
    const { accessToken } = again.json as { accessToken: string };
    expect(again.status).toBe(200);
    expect((await jwtVerify(accessToken, old)).protectedHeader.kid).not.toBe(kid);
    for (const { url } of fleet) expect((await me(url, accessToken)).status).toBe(200);
    await until('the others are told', async () =>
      (await Promise.all(fleet.map(kidsOf))).every((kids) => kids.length === 2 && !kids.includes(kid)),
    );
    const [row] = await first.query(`SELECT private_sealed FROM signing_keys WHERE kid = $1`, [kid]);
    expect(row).toEqual({ private_sealed: null });
    const events = await first.query<{ type: string; user_agent: string }>(
      `SELECT type, user_agent FROM audit_events WHERE details->>'kid' IN ($1, $2) AND type IN ('key.revoked', 'key.activated')
        AND user_agent IS NOT NULL ORDER BY type`,
      [kid, kidOf(accessToken)],
    );
    expect(events.map(({ type }) => type)).toEqual(['key.activated', 'key.revoked']);
    const logout = await call(first.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
    expect(logout.json).toMatchObject({ status: 401, code: 'token_stale', session: 'keep' });
    const headers = { cookie: `access_token=${phone.accessToken}`, 'sec-fetch-site': 'same-origin' };
    expect((await call(first.url, 'DELETE', '/auth/refresh', { headers })).json['code']).toBe('token_stale');
    expect((await me(first.url, accessToken)).status).toBe(200); // a thief of the key ends no session
  }, 60_000);

  it('together with the standby: the service makes a key, signs again in seconds, and is not ready meanwhile', async () => {
    const service = await startServiceForTest();
    const phone = await mobile(service.url);
    const [standby, signer] = (await kidsOf(service)).toSorted((kid) => (kid === kidOf(phone.accessToken) ? 1 : -1));
    service.app.get(KeyWatch).onApplicationShutdown();
    expect(await revoke(service, standby!)).toHaveLength(1);
    expect(await revoke(service, signer!)).toHaveLength(1);
    const halves = await service.query('SELECT private_sealed FROM signing_keys');
    expect(halves).toEqual([{ private_sealed: null }, { private_sealed: null }]); // gone though no service looks
    await service.app.get(KeyRing).reload();
    expect((await call(service.url, 'GET', '/health/ready')).status).toBe(503);
    const held = await refresh(service.url, phone.refreshToken);
    expect([held.status, held.json['code'], held.json['session']]).toEqual([503, 'unavailable', 'keep']);
    expect((await jwks(service)).status).toBe(503);
    await service.app.get(KeyWatch).look();
    expect((await call(service.url, 'GET', '/health/ready')).status).toBe(200);
    const again = await refresh(service.url, phone.refreshToken);
    expect((await me(service.url, again.json['accessToken'])).status).toBe(200);
    expect(await kidsOf(service)).toHaveLength(2);
  });
});

describe('K5: the key set', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('is answered from memory while the database is away, with its ETag, and never empty', async () => {
    const before = await jwks(service);
    const [row] = await service.query<{ name: string }>('SELECT current_database() AS name');
    const admin = new URL(service.databaseUrl);
    admin.pathname = '/postgres';
    await inDatabase(admin.href, `ALTER DATABASE ${row!.name} ALLOW_CONNECTIONS false`);
    await inDatabase(
      admin.href,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${row!.name}'`,
    );
    await until('the poll fails', async () => service.log.some((line) => line['event'] === 'keys.poll_failed'));
    const away = await jwks(service);
    expect([away.status, away.text, away.headers['etag']]).toEqual([200, before.text, before.headers['etag']]);
    expect((await call(service.url, 'GET', '/health/ready')).status).toBe(503);
    // An unknown kid may be a new one: no verdict, and never a 401, which would end a session.
    const unknown = `${Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid: 'new' })).toString('base64url')}.e30.AAAA`;
    expect((await me(service.url, unknown)).json['code']).toBe('unavailable');
    await inDatabase(admin.href, `ALTER DATABASE ${row!.name} ALLOW_CONNECTIONS true`);
    await until('the poll works again', async () =>
      service.log.some((line) => line['event'] === 'keys.poll_recovered'),
    );
    expect(service.log.filter((line) => line['event'] === 'keys.poll_failed')).toHaveLength(1);
  }, 60_000);

  it('may be read by any page, without credentials, and never holds a private member', async () => {
    const answer = await call(service.url, 'GET', '/.well-known/jwks.json', {
      headers: { origin: 'https://any.example' },
    });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    for (const key of answer.json['keys']) expect(Object.keys(key)).toEqual(['kty', 'n', 'e', 'kid', 'use', 'alg']);
  });

  it('survives a table that was emptied by hand: the last good set stays, without new keys', async () => {
    const before = (await jwks(service)).text;
    const rows = await service.query('SELECT * FROM signing_keys');
    await service.query('DELETE FROM signing_keys');
    await until('the empty table is seen', async () =>
      service.log.some((line) => line['event'] === 'keys.table_empty'),
    );
    for (let look = 0; look < 2; look++) await service.app.get(KeyWatch).look();
    expect((await jwks(service)).text).toBe(before);
    expect(await service.query('SELECT kid FROM signing_keys')).toEqual([]);
    for (const row of rows) {
      await service.query(`INSERT INTO signing_keys SELECT * FROM jsonb_populate_record(NULL::signing_keys, $1)`, [
        JSON.stringify({ ...row, private_sealed: `\\x${(row['private_sealed'] as Buffer).toString('hex')}` }),
      ]);
    }
  });
});

describe('an unknown kid', () => {
  const forged = (kid: string) =>
    `${Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid })).toString('base64url')}.e30.AAAA`;

  it('is looked up once for any number of simultaneous requests', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const service = await startService({}, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await service.stop();
      proxy.close();
    });
    service.app.get(KeyWatch).onApplicationShutdown();
    const loads = /key_ring_version.*signing_keys/s;
    const before = proxy.count(loads);
    const held = proxy.pauseBefore(loads);
    const asking = begun(service, 15, () => Array.from({ length: 15 }, (_, i) => me(service.url, forged(`kid-${i}`))));
    expect(await held.arrivesDuring(asking.then((answers) => Promise.all(answers)))).toBe(true);
    const answers = await asking;
    expect(proxy.count(loads) - before).toBe(1);
    held.release();
    for (const { json } of await Promise.all(answers)) expect(json['code']).toBe('unauthenticated');
    expect(proxy.count(loads) - before).toBe(1);
  });

  it('is looked up again after a second at the earliest, so that unknown kids cannot flood the database', async () => {
    const service = await startServiceForTest();
    service.app.get(KeyWatch).onApplicationShutdown();
    const phone = await mobile(service.url);
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const header = { alg: 'RS256', typ: 'at+jwt', kid: 'late' };
    const token = await new SignJWT(decode(phone.accessToken)).setProtectedHeader(header).sign(privateKey);
    const { n, e } = await exportJWK(publicKey);

    expect((await me(service.url, forged('x'))).json['code']).toBe('unauthenticated');
    await service.query(`INSERT INTO signing_keys (kid, alg, public_jwk) VALUES ('late', 'RS256', $1)`, [
      JSON.stringify({ kty: 'RSA', n, e }),
    ]);
    expect((await me(service.url, token)).json['code']).toBe('unauthenticated');
    service.clock.shiftSeconds += 1.05;
    expect((await me(service.url, token)).status).toBe(200);
    expect(service.log.find((line) => line['event'] === 'keys.unopenable')).toMatchObject({ kids: ['late'] });
  });

  it('of a new key of another instance is accepted at the first request, without a poll', async () => {
    const databaseUrl = await cloneDatabase();
    const [one, other] = [await startService({}, { databaseUrl }), await startService({}, { databaseUrl })];
    onTestFinished(() => Promise.all([one.stop(), other.stop()]).then(() => undefined));
    other.app.get(KeyWatch).onApplicationShutdown();
    const before = await kidsOf(one);
    for (const kid of before) await revoke(one, kid);
    await until('the new keys are published', async () => {
      const kids = ((await jwks(one)).json['keys'] ?? []) as { kid: string }[];
      return kids.length === 2 && !kids.some(({ kid }) => before.includes(kid));
    });
    const phone = await mobile(one.url);
    expect(await kidsOf(other)).not.toContain(kidOf(phone.accessToken));
    expect((await me(other.url, phone.accessToken)).status).toBe(200);
  });
});

describe('a key that has left the key set after its time', () => {
  it('gives a client that was away for days token_expired, keep, and still ends its session at logout', async () => {
    const service = await startServiceForTest();
    const phone = await mobile(service.url);
    await service.advance(31 * 86_400);
    await until('it has rotated', async () => (await kidsOf(service)).length === 3);
    await service.advance(60);
    await service.advance(2 * 86_400);
    await until('the old key has left', async () => !(await kidsOf(service)).includes(kidOf(phone.accessToken)));
    const answer = await me(service.url, phone.accessToken);
    expect([answer.json['code'], answer.json['session']]).toEqual(['token_expired', 'keep']);
    expect((await call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) })).status).toBe(204);
    expect((await refresh(service.url, phone.refreshToken)).json['session']).toBe('ended');
  });
});

describe('K6: instances that find an empty database at the same moment', () => {
  it('make one signer and one standby between them, and neither fails', async () => {
    const databaseUrl = await cloneDatabase();
    const fleet = [await startService({}, { databaseUrl }), await startService({}, { databaseUrl })] as const;
    onTestFinished(async () => {
      for (const service of fleet) await service.stop();
    });
    for (const { app } of fleet) app.get(KeyWatch).onApplicationShutdown();
    await fleet[0].query('TRUNCATE signing_keys');
    // Both may read and neither may write: both have decided before the first one acts.
    const holder = new pg.Client({ connectionString: databaseUrl });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE signing_keys IN SHARE MODE');
    const starts = fleet.map(({ app }) => app.get(KeyStore).bootstrap());
    await until('both wait', async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      return (await fleet[0].query(waiting)).length === 2;
    });
    await holder.query('COMMIT');
    await holder.end();
    await Promise.all(starts);
    const states = await fleet[0].query('SELECT activate_at IS NOT NULL AS signs FROM signing_keys ORDER BY 1');
    expect(states).toEqual([{ signs: false }, { signs: true }]);
  });
});

describe('three instances whose rotation is due at the same moment', () => {
  it('rotate once', async () => {
    const fleet = await startFleet(3);
    const [first] = fleet as [Service];
    await first.query(
      `UPDATE signing_keys SET activate_at = activate_at - interval '30 days' WHERE activate_at IS NOT NULL`,
    );
    const keys = () => first.query<{ activate_at: Date | null }>('SELECT activate_at FROM signing_keys');
    await until('one has rotated', async () => (await keys()).length === 3);
    for (const { app } of [...fleet, ...fleet]) await app.get(KeyWatch).look();
    expect(await keys()).toHaveLength(3);
    const metrics = await first.app.get(Metrics).registry.metrics();
    expect(metrics).toMatch(/^watchword_signing_key_age_seconds\{kid="[\w-]{43}"\} 26\d{5}$/m);
    expect(metrics).toMatch(/^watchword_signing_key_seconds_left\{kid="[\w-]{43}"\} (?:60|5\d)$/m);
    expect(metrics).toMatch(/^watchword_signing_keys\{state="standby"\} 2$/m);
    const remote = createRemoteJWKSet(new URL(`${first.url}/.well-known/jwks.json`));
    expect((await jwtVerify((await mobile(first.url)).accessToken, remote)).payload['iss']).toBe('http://auth.test');
  });
});

async function inDatabase(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
