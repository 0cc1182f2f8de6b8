// A person reads the security events of their own account, and nothing else.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { OwnEvents } from '../src/accounts/own-events.js';
import { Database } from '../src/database/database.js';
import { bearer, call, mobile, refresh } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ MFA_REQUIRED_ROLES: 'none' });
});
afterAll(() => service.stop());

type Event = { id: string; at: string; type: string; details: Record<string, unknown> } & Record<string, unknown>;
const events = (token: string, query = '') =>
  call(service.url, 'GET', `/auth/events${query}`, { headers: bearer(token) });
const typesOf = (answer: { json: Record<string, any> }) => (answer.json['events'] as Event[]).map(({ type }) => type);

describe('GET /auth/events', () => {
  it('shows what happened to the account, the newest first, with place and device', async () => {
    const phone = await mobile(service.url);
    const body = { ...phone.person, password: 'not the right one' };
    const headers = { 'user-agent': 'A stranger/1.0' };
    await call(service.url, 'POST', '/auth/login', { body, headers });
    const answer = await events(phone.accessToken);
    expect(answer.status).toBe(200);
    expect(typesOf(answer)).toEqual(['login.failed', 'login.succeeded', 'user.registered']);
    expect(answer.json['events'][0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      type: 'login.failed',
      outcome: 'failure',
      sessionId: null,
      ip: '127.0.0.1',
      userAgent: 'A stranger/1.0',
      details: { reason: 'wrong_password' },
    });
    expect(answer.json).not.toHaveProperty('next');
    expect(answer.headers['cache-control']).toContain('no-store');
  });

  it("shows nobody else's events, and none of the service's own", async () => {
    const [phone, other] = [await mobile(service.url), await mobile(service.url)];
    const ids = (await events(phone.accessToken)).json['events'].map(({ id }: Event) => id);
    const rows = await service.query('SELECT DISTINCT user_id FROM audit_events WHERE id = ANY($1)', [ids]);
    expect(rows).toEqual([{ user_id: phone.user.id }]);
    // A cursor names a place in time, and no user: that of somebody else opens nothing of theirs.
    const { next } = (await events(other.accessToken, '?limit=1')).json;
    const moved = await events(phone.accessToken, `?after=${next}`);
    expect(typesOf(moved).length).toBeGreaterThan(0);
    for (const { id } of moved.json['events']) expect(ids).toContain(id);
  });

  it('names no operator, no count and no judgement of an attack', async () => {
    const phone = await mobile(service.url);
    const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };
    await service.app.get(AccountStatus).changeRole(phone.user.id, 'admin', { by: randomUUID(), caller: operator });
    const second = (await refresh(service.url, phone.refreshToken)).json['refreshToken'];
    await refresh(service.url, second);
    await refresh(service.url, phone.refreshToken);
    const again = await mobile(service.url, phone.person);
    const listed = (await events(again.accessToken)).json['events'] as Event[];
    const details = Object.fromEntries(listed.map((event) => [event.type, event.details]));
    expect(details['role.changed']).toEqual({ from: 'user', to: 'admin' });
    expect(details['refresh.reused']).toEqual({ ended: true });
    expect(details['login.succeeded']).toEqual({ methods: ['pwd'], transport: 'bearer', persistent: false });
  });

  it('gives every event once over all pages, those of one instant included', async () => {
    const phone = await mobile(service.url);
    await service.query(
      `INSERT INTO audit_events (user_id, id, at, type, outcome, details)
       SELECT $1, gen_random_uuid(), date_trunc('second', now()) - (n / 40) * interval '1 microsecond', 'logout_all', 'success', '{}'
         FROM generate_series(1, 250) n`,
      [phone.user.id],
    );
    const seen: Event[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const page = (await events(phone.accessToken, `?limit=33${after === undefined ? '' : `&after=${after}`}`)).json;
      expect(page['events'].length).toBeLessThanOrEqual(33);
      seen.push(...page['events']);
      after = page['next'];
      pages++;
    } while (after !== undefined);
    expect(pages).toBe(8);
    expect(seen).toHaveLength(252);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(252);
    expect(seen.map(({ at }) => at)).toEqual(
      seen
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1e2',
    'limit=',
    'after=',
    'after=x',
    `after=${Buffer.from('1 or 1=1').toString('base64url')}`,
    `after=${Buffer.from(`99999999999999999 ${randomUUID()}`).toString('base64url')}`,
    'after=a&after=b',
    'userId=00000000-0000-0000-0000-000000000000',
  ])('refuses %s', async (query) => {
    const phone = await mobile(service.url);
    expect((await events(phone.accessToken, `?${query}`)).json).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('takes a cursor of any time that a cursor can name', async () => {
    const phone = await mobile(service.url);
    for (const at of ['0', '9999999999999999']) {
      const after = Buffer.from(`${at} ${randomUUID()}`).toString('base64url');
      expect([at, (await events(phone.accessToken, `?after=${after}`)).status]).toEqual([at, 200]);
    }
    expect((await events('')).json['code']).toBe('unauthenticated');
  });

  it('reads the index of the partitions that can hold the page, and of no later month', async () => {
    const own = await startServiceForTest();
    const phone = await mobile(own.url);
    await own.query(
      `INSERT INTO audit_events (user_id, id, type, outcome, details)
       SELECT gen_random_uuid(), gen_random_uuid(), 'login.failed', 'failure', '{}' FROM generate_series(1, 20000)`,
    );
    await own.query('ANALYZE audit_events');
    const plan = async (after?: { at: string; id: string }) => {
      const statement = own.app.get(OwnEvents).statement(phone.user.id, after, 50);
      const { rows } = await own.app.get(Database).execute(sql`explain (analyze, costs off, timing off) ${statement}`);
      return rows.map((row) => String(Object.values(row)[0])).join('\n');
    };
    const month = (await own.query<{ name: string }>(`SELECT to_char(now(), 'YYYY_MM') AS name`))[0]?.name ?? '';
    const scansOf = (text: string) =>
      [...text.matchAll(/(Seq|Index) Scan.* on audit_events_(\w+?)(?:_pkey)? .*actual/g)].map(
        ([, how, part]) => `${how} ${part}`,
      );
    // The default partition is empty; a month to come is not read.
    expect(scansOf(await plan())).toEqual([`Index ${month}`, 'Seq default']);
    const now = String(Date.now() * 1000);
    expect(scansOf(await plan({ at: now, id: randomUUID() }))).toEqual([`Index ${month}`, 'Seq default']);
  });
});
