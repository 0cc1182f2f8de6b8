// What administrators read of the service itself: services, keys, mail, figures. No secret is a part of it.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Administrator, administrator } from './support/admins.js';
import { call, mobile, register } from './support/client.js';
import { noteSecret } from './support/leaks.js';
import { Services } from '../src/siblings/services.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
let ada: Administrator;
beforeAll(async () => {
  service = await startService({ ROLES: 'user,support,admin' });
  ada = await administrator(service);
});
afterAll(() => service.stop());

const by = { ip: null, userAgent: 'a test', requestId: randomUUID() };

describe('GET /admin/services', () => {
  it('shows names, ids and rights, never a secret, and the removed ones only when asked', async () => {
    const services = service.app.get(Services, { strict: false });
    const rights = { scopes: ['introspect', 'orders'], audiences: ['https://shop.example'], resources: [] };
    const added = await services.add('shop', rights, 'operator', by);
    noteSecret(added?.secret, 'the secret of a service');
    await services.add('old', { scopes: [], audiences: [], resources: ['https://pay.example'] }, 'operator', by);
    await services.remove('old', 'operator', by);
    const { status, json, text } = await ada.ask('GET', '/admin/services');
    expect(status).toBe(200);
    expect(json['services']).toEqual([
      {
        ...{ clientId: added?.clientId, name: 'shop', ...rights, createdAt: expect.any(String) },
        ...{ rotatedAt: null, removedAt: null, rotating: false },
      },
    ]);
    const rotated = await services.rotateSecret('shop', 'operator', by);
    noteSecret(rotated?.secret, 'the secret of a service');
    const all = await ada.ask('GET', '/admin/services?removed=true');
    expect(all.json['services']).toEqual([
      expect.objectContaining({ name: 'old', removedAt: expect.any(String) }),
      expect.objectContaining({ name: 'shop', rotating: true, rotatedAt: expect.any(String) }),
    ]);
    for (const { secret } of [added, rotated].filter((each) => each !== undefined))
      expect(text + all.text).not.toContain(secret);
    expect(text + all.text).not.toMatch(/hash|secret/i);
  });
});

describe('GET /admin/keys', () => {
  it('shows state and times of each key, and when the next one signs, without a private half', async () => {
    const { status, json, text } = await ada.ask('GET', '/admin/keys');
    expect(status).toBe(200);
    const { keys } = service.app.get(KeyRing, { strict: false });
    expect(json['keys'].map(({ kid }: { kid: string }) => kid).toSorted()).toEqual(
      keys.map(({ kid }) => kid).toSorted(),
    );
    expect(json['keys'][0]).toEqual({
      ...{ kid: expect.any(String), alg: 'RS256', bits: expect.any(Number), state: 'signing' },
      ...{ publishedAt: expect.any(String), activateAt: expect.any(String) },
      ...{ retireAt: null, removeAt: null, revokedAt: null },
    });
    expect(json['keys'].at(-1)).toMatchObject({ state: 'standby', activateAt: null });
    expect(new Date(json['nextRotationAt']).getTime()).toBeGreaterThan(service.clock.now().getTime());
    expect(text).not.toMatch(/sealed|"d"|"p"|private/i);
  });
});

describe('GET /admin/mail', () => {
  it('shows what is due next and what died last, and not for whom', async () => {
    const own = await startServiceForTest();
    const eve = await administrator(own);
    const put = (kind: string, minutes: number, died: number | null) =>
      own.query(
        `INSERT INTO mail_outbox (recipient, id, kind, attempts, next_attempt_at, send_before, dead_at, reason)
         VALUES (decode(md5($1), 'hex'), gen_random_uuid(), $1, 3, now() + make_interval(mins => $2),
                 now() + interval '1 day', now() - make_interval(mins => $3), CASE WHEN $3 IS NULL THEN NULL ELSE 'status 550' END)`,
        [kind, minutes, died],
      );
    for (const [kind, minutes, died] of [
      ...[
        ['later', 90, null],
        ['soon', 60, null],
        ['latest', 120, null],
      ],
      ...[
        ['dead long ago', 1, 50],
        ['dead lately', 1, 5],
      ],
    ] as const)
      await put(kind, minutes, died);
    const kinds = async (limit: number) => {
      const { json } = await eve.ask('GET', `/admin/mail?limit=${limit}`);
      return json['mails'].map(({ kind }: { kind: string }) => kind);
    };
    expect(await kinds(1000)).toEqual(['soon', 'later', 'latest', 'dead lately', 'dead long ago']);
    expect(await kinds(1)).toEqual(['soon', 'dead lately']);
    const { json } = await eve.ask('GET', '/admin/mail');
    expect(json).toMatchObject({ waiting: 3, dead: 2 });
    expect(json['mails'].at(-1)).toEqual({
      ...{ id: expect.any(String), kind: 'dead long ago', attempts: 3, reason: 'status 550' },
      ...{ createdAt: expect.any(String), nextAttemptAt: expect.any(String), sendBefore: expect.any(String) },
      deadAt: expect.stringMatching(/Z$/),
    });
  });

  it.each(['limit=0', 'limit=1001', 'after=x'])('refuses %s', async (query) => {
    expect((await ada.ask('GET', `/admin/mail?${query}`)).json).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('GET /admin/figures', () => {
  it('counts people, live sessions, the last hour and what waits', async () => {
    const own = await startServiceForTest({ ROLES: 'user,support,admin' });
    const phone = await mobile(own.url);
    const eve = await administrator(own);
    await register(own.url);
    await call(own.url, 'POST', '/auth/login', { body: { ...phone.person, password: 'not the right one' } });
    await call(own.url, 'POST', '/auth/logout', { body: { refreshToken: phone.refreshToken } });
    await own.query(
      `INSERT INTO audit_events (user_id, id, at, type, outcome, details)
       SELECT gen_random_uuid(), gen_random_uuid(), now() - make_interval(mins => m), t, 'failure', d::jsonb
         FROM (VALUES (5, 'refresh.reused', '{}'), (6, 'mail.died', '{"alert":true}'), (7, 'mail.died', '{"alert":false}'),
                      (61, 'refresh.reused', '{}')) v(m, t, d)`,
    );
    const { status, json } = await eve.ask('GET', '/admin/figures');
    expect(status).toBe(200);
    const [events] = await own.query<{ count: number }>(
      `SELECT count(*)::int FROM audit_events WHERE type = 'login.succeeded'`,
    );
    expect(json).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      roles: ['user', 'support', 'admin'],
      ...{ users: 3, sessions: 1 },
      lastHour: { signIns: events?.count, refusals: 4, alerts: 2 },
      ...{ mailWaiting: expect.any(Number), mailDead: 0, alertsWaiting: 0, revocationsWaiting: expect.any(Number) },
    });
  });

  it('counts people once a minute at most, for all who ask', async () => {
    const own = await startServiceForTest();
    const eve = await administrator(own);
    const users = async () => (await eve.ask('GET', '/admin/figures')).json['users'] as number;
    const answers = await Promise.all(Array.from({ length: 10 }, users));
    expect(new Set(answers)).toEqual(new Set([1]));
    await register(own.url);
    await own.advance(59);
    expect(await users()).toBe(1);
    await own.advance(2);
    expect(await users()).toBe(2);
  });

  it('says that it does not know where counting takes too long', async () => {
    const own = await startServiceForTest();
    const eve = await administrator(own);
    expect((await eve.ask('GET', '/admin/keys')).status).toBe(200); // its session is known now
    // Nobody reads the table of sessions meanwhile.
    const release = await lockTable(own, 'refresh_tokens');
    const { status, json } = await eve.ask('GET', '/admin/figures');
    await release();
    expect({ status, users: json['users'] as unknown, sessions: json['sessions'] as unknown }).toEqual({
      ...{ status: 200, users: 1, sessions: null },
    });
  });
});

async function lockTable({ databaseUrl }: Service, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return () => client.end();
}
