// Administrators search users and events page by page; a cursor counts for the list that it came from, and for nothing else.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WINDOW } from '../src/admin/bounded-page.js';
import { type Administrator, administrator, giveRole } from './support/admins.js';
import { mobile, register } from './support/client.js';
import { type Service, startService } from './support/service.js';

let service: Service;
let ada: Administrator;
beforeAll(async () => {
  service = await startService({ REGISTRATION: 'open' });
  ada = await administrator(service);
});
afterAll(() => service.stop());

type Query = Readonly<Record<string, string | undefined>>;
const get = (path: string, query: Query = {}) => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return ada.ask('GET', `${path}?${parameters.toString()}`);
};

/** Follows `next` to the end. */
async function pages(path: '/admin/users' | '/admin/events', query: Query, between = async () => {}) {
  const seen: Record<string, any>[][] = [];
  let after: string | undefined;
  do {
    const { status, json } = await get(path, { ...query, ...(after === undefined ? {} : { after }) });
    expect(status).toBe(200);
    seen.push(json[path === '/admin/users' ? 'users' : 'events']);
    after = json['next'];
    await between();
  } while (after !== undefined);
  return seen;
}

/** People whose addresses begin alike. */
async function crowd(size: number, prefix = randomUUID()): Promise<string> {
  await service.query(
    `INSERT INTO users (id, email) SELECT gen_random_uuid(), $1 || lpad((n * 10)::text, 6, '0') || '@example.com'
       FROM generate_series(1, $2::int) n`,
    [prefix, size],
  );
  return prefix;
}

describe('GET /admin/users', () => {
  it('shows a user without a hash, by the beginning of the address, whatever its case', async () => {
    const person = await register(service.url);
    const { status, json } = await get('/admin/users', { email: person.email.slice(0, 20).toUpperCase() });
    expect(status).toBe(200);
    expect(json).toEqual({
      users: [
        {
          id: expect.any(String),
          ...{ email: person.email, emailVerified: false, role: 'user', status: 'active' },
          createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          disabledAt: null,
        },
      ],
    });
  });

  it('says who is disabled and who is pending', async () => {
    const prefix = await crowd(3);
    const emails = [10, 20].map((n) => `${prefix}${String(n).padStart(6, '0')}@example.com`);
    await service.query('UPDATE users SET disabled_at = now() WHERE email = $1', [emails[0]]);
    await service.query('UPDATE users SET pending_until = now() WHERE email = $1', [emails[1]]);
    const statuses = (json: Record<string, any>) => json['users'].map(({ status }: { status: string }) => status);
    expect(statuses((await get('/admin/users', { email: prefix })).json)).toEqual(['disabled', 'pending', 'active']);
    expect(statuses((await get('/admin/users', { email: prefix, disabled: 'true' })).json)).toEqual(['disabled']);
    const others = (await get('/admin/users', { email: prefix, disabled: 'false' })).json;
    expect(statuses(others)).toEqual(['pending', 'active']);
    const both = await get('/admin/users', { email: prefix, disabled: 'true', role: 'user' });
    expect(statuses(both.json)).toEqual(['disabled']);
  });

  it('finds a role, alone and among the disabled', async () => {
    const phone = await mobile(service.url);
    const role = `r${randomUUID().slice(0, 8)}`;
    await giveRole(service, phone.user.id, role);
    const ids = async (query: Query) => (await pages('/admin/users', query)).flat().map(({ id }) => id);
    expect(await ids({ role })).toEqual([phone.user.id]);
    expect(await ids({ role, disabled: 'true' })).toEqual([]);
    expect(await ids({ role, disabled: 'false', email: phone.person.email })).toEqual([phone.user.id]);
    expect(await ids({ role: role.slice(0, -1) })).toEqual([]);
  });

  it('takes %, _ and \\ for the characters that they are', async () => {
    const prefix = randomUUID();
    const odd = [`${prefix}a%b@example.com`, `${prefix}a_b@example.com`, `${prefix}a\\b@example.com`];
    for (const email of [...odd, `${prefix}axb@example.com`])
      await service.query('INSERT INTO users (id, email) VALUES (gen_random_uuid(), $1)', [email]);
    for (const email of odd)
      for (const end of [2, 3]) {
        const { json } = await get('/admin/users', { email: email.slice(0, prefix.length + end) });
        expect(json['users'].map((user: { email: string }) => user.email)).toEqual([email]);
      }
    for (const pattern of ['%', '_', '%@example.com', '\\'])
      expect((await get('/admin/users', { email: pattern })).json).toEqual({ users: [] });
  });

  it('gives every user once over all pages, also of a crowd of which few fit', async () => {
    const prefix = await crowd(WINDOW * 2 + 100);
    await service.query(
      `UPDATE users SET disabled_at = now() WHERE email LIKE $1 || '%' AND email NOT LIKE $1 || '_____0@%' OR email = $2`,
      [prefix, `${prefix}${String((WINDOW * 2 + 50) * 10).padStart(6, '0')}@example.com`],
    );
    const whole = await pages('/admin/users', { email: prefix, limit: '999' });
    expect(whole.map(({ length }) => length)).toEqual([999, 999, 999, 999, 104]);
    expect(new Set(whole.flat().map(({ id }) => id)).size).toBe(WINDOW * 2 + 100);
    // Two windows without any, and the one who fits in the third.
    const rare = await pages('/admin/users', { email: prefix, role: 'user', disabled: 'true' });
    expect(rare.flat()).toHaveLength(1);
    await giveRole(service, rare.flat()[0]?.['id'], 'rare');
    const sparse = await pages('/admin/users', { email: prefix, disabled: 'false', limit: '1000' });
    expect(sparse.flat()).toHaveLength(WINDOW * 2 + 99);
  });

  it('loses none and gives none twice while others come and go', async () => {
    const prefix = await crowd(300);
    const standing = (await pages('/admin/users', { email: prefix, limit: '1000' })).flat();
    const kept = standing.filter((_, n) => n % 3 > 0).map(({ email }) => email as string);
    const going = standing.filter((_, n) => n % 3 === 0).map(({ email }) => email as string);
    let round = 0;
    const seen = await pages('/admin/users', { email: prefix, limit: '17' }, async () => {
      round++;
      // Also the one that the cursor names, and new ones on both sides of it.
      await service.query('DELETE FROM users WHERE email = ANY($1)', [going.splice(0, 7)]);
      await service.query(
        `INSERT INTO users (id, email) SELECT gen_random_uuid(), address
           FROM generate_series(1, 300, 23) n, concat($1::text, lpad((n * 10 + $2)::text, 6, '0'), '@example.com') address
          WHERE NOT EXISTS (SELECT FROM users WHERE email = address)`,
        [prefix, (round % 9) + 1],
      );
    });
    const emails = seen.flat().map(({ email }) => email as string);
    expect(new Set(emails).size).toBe(emails.length);
    expect(emails.filter((email) => kept.includes(email))).toEqual(kept);
    expect(emails).toEqual(emails.toSorted());
  });
});

const login = async () => {
  const phone = await mobile(service.url);
  return { id: phone.user.id, email: phone.person.email };
};

describe('GET /admin/events', () => {
  it('shows all of an event, and the reason that an operator keeps', async () => {
    const { id, email } = await login();
    const found = await get('/admin/events', { user: email.toUpperCase() });
    expect(found.status).toBe(200);
    expect(found.json['events'].map(({ type }: { type: string }) => type)).toEqual([
      'login.succeeded',
      'user.registered',
    ]);
    expect(found.json['events'][0]).toEqual({
      id: expect.any(String),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      ...{ type: 'login.succeeded', outcome: 'success', userId: id, sessionId: expect.any(String) },
      ...{ ip: '127.0.0.1', userAgent: null, requestId: expect.any(String) },
      details: expect.objectContaining({ transport: 'bearer' }),
    });
    expect((await get('/admin/events', { user: id.toUpperCase() })).json).toEqual(found.json);
    expect((await get('/admin/events', { user: `${randomUUID()}@example.com` })).json).toEqual({ events: [] });
    expect((await get('/admin/events', { user: randomUUID() })).json).toEqual({ events: [] });
  });

  it('filters by type, address and time, and by all of them', async () => {
    const { id } = await login();
    const ip = `2001:db8::${randomUUID().slice(0, 4)}`;
    const at = ['2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z', '2026-11-20T12:00:00Z'];
    for (const [n, time] of at.entries())
      await service.query(
        `INSERT INTO audit_events (user_id, id, at, type, outcome, ip, details)
         VALUES ($1, gen_random_uuid(), $2, $3, 'success', $4, '{}')`,
        [id, time, n === 1 ? 'logout_all' : 'password.changed', ip],
      );
    const times = async (query: Query) =>
      (await pages('/admin/events', query)).flat().map((event) => event['at'].replace('.000', ''));
    expect(await times({ ip })).toEqual(at.toReversed());
    expect(await times({ ip, type: 'logout_all' })).toEqual([at[1]]);
    expect(await times({ user: id, type: 'password.changed', ip })).toEqual([at[2], at[0]]);
    // From counts, to does not.
    expect(await times({ ip, from: at[1] })).toEqual([at[2], at[1]]);
    expect(await times({ ip, to: at[1] })).toEqual([at[0]]);
    expect(await times({ ip, from: '2026-11-20T12:00:00+01:00', to: '2026-11-20T13:00:00+01:00' })).toEqual([at[1]]);
    expect(await times({ user: id, from: at[2], to: at[1] })).toEqual([]);
    expect(await times({ type: 'of.the.future' })).toEqual([]);
  });

  it('knows an address in each of its spellings', async () => {
    const { id } = await login();
    await service.query(
      `INSERT INTO audit_events (user_id, id, type, outcome, ip, details)
       SELECT $1, gen_random_uuid(), 'logout_all', 'success', ip::inet, '{}' FROM unnest($2::text[]) ip`,
      [id, ['2001:db8::a:1', '192.0.2.7']],
    );
    const found = async (ip: string) => (await get('/admin/events', { user: id, ip })).json['events'].length;
    for (const ip of ['2001:db8::a:1', '2001:DB8:0:0:0:0:A:1', '2001:0db8::000a:0001', '[2001:db8::a:1]'])
      expect([ip, await found(ip)]).toEqual([ip, 1]);
    for (const ip of ['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207'])
      expect([ip, await found(ip)]).toEqual([ip, 1]);
  });

  it('names nobody where an event belongs to nobody', async () => {
    const nobody = '00000000-0000-0000-0000-000000000000';
    const { json } = await get('/admin/events', { user: nobody, limit: '1' });
    expect(json['events']).toEqual([expect.objectContaining({ userId: null })]);
  });

  it('gives every event once over all pages, those of one instant included, while others are written', async () => {
    const { id } = await login();
    await service.query(
      `INSERT INTO audit_events (user_id, id, at, type, outcome, details)
       SELECT $1, gen_random_uuid(), date_trunc('second', now()) - (n / 40) * interval '1 microsecond',
              CASE WHEN n % 2 = 0 THEN 'logout_all' ELSE 'password.changed' END, 'success', '{}'
         FROM generate_series(1, 250) n`,
      [id],
    );
    const before = await service.query<{ id: string }>('SELECT id FROM audit_events WHERE user_id = $1', [id]);
    const write = () =>
      service.query(
        `INSERT INTO audit_events (user_id, id, type, outcome, details) VALUES ($1, gen_random_uuid(), 'logout_all', 'success', '{}')`,
        [id],
      );
    const seen = (await pages('/admin/events', { user: id, limit: '33' }, async () => void (await write()))).flat();
    expect(seen.map((event) => event['id']).toSorted()).toEqual(before.map((row) => row.id).toSorted());
    const half = (await pages('/admin/events', { user: id, type: 'password.changed', limit: '33' })).flat();
    expect(half).toHaveLength(125);
  });
});

describe('a cursor', () => {
  // Each list has a second page.
  beforeAll(async () => {
    for (let people = 0; people < 2; people++) await mobile(service.url);
  });

  const cursorOf = async (path: string, query: Query) =>
    (await get(path, { ...query, limit: '1' })).json['next'] as string;
  const refused = { status: 400, code: 'invalid_request', errors: [{ path: 'after' }] };

  it('that was changed in any place opens nothing', async () => {
    const after = await cursorOf('/admin/users', {});
    const bytes = Buffer.from(after, 'base64url');
    for (const place of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      const answer = await get('/admin/users', { after: changed.toString('base64url') });
      expect(answer.json, `byte ${place}`).toMatchObject(refused);
    }
    for (const other of ['', 'x', after.slice(1), after.slice(0, -4), `${after}AAAA`, `${after}=`, ` ${after}`])
      expect((await get('/admin/users', { after: other })).json).toMatchObject(refused);
    expect((await get('/admin/users', { after })).status).toBe(200);
  });

  it('has one spelling', async () => {
    // Of such a length that its last character has bits to spare.
    const email = await crowd(2);
    const after = await cursorOf('/admin/users', { email });
    expect(Buffer.from(after, 'base64url').length % 3).toBe(1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const accepted = [];
    for (const last of alphabet) {
      const answer = await get('/admin/users', { email, after: after.slice(0, -1) + last });
      if (answer.status === 200) accepted.push(last);
    }
    expect(accepted).toEqual([after.at(-1)]);
  });

  it('of other filters opens nothing, and the number of rows is no filter', async () => {
    const after = await cursorOf('/admin/users', { role: 'user' });
    for (const query of [{}, { role: 'admin' }, { role: 'user', disabled: 'false' }, { role: 'user', email: 'a' }])
      expect((await get('/admin/users', { ...query, after })).json).toMatchObject(refused);
    expect((await get('/admin/users', { role: 'user', limit: '7', after })).status).toBe(200);
    const ofEvents = await cursorOf('/admin/events', { type: 'login.succeeded' });
    for (const query of [{}, { type: 'login.failed' }, { type: 'login.succeeded', from: '2026-01-01T00:00:00Z' }])
      expect((await get('/admin/events', { ...query, after: ofEvents })).json).toMatchObject(refused);
    expect((await get('/admin/events', { type: 'login.succeeded', after: ofEvents })).status).toBe(200);
  });

  it('of another list opens nothing', async () => {
    const [users, events] = [await cursorOf('/admin/users', {}), await cursorOf('/admin/events', {})];
    for (const [path, after] of [
      ['/admin/users', events],
      ['/admin/events', users],
      ['/admin/events.csv', events],
      ['/admin/events.csv', users],
    ] as const)
      expect((await get(path, { after })).json).toMatchObject(refused);
  });

  it('shows no address', async () => {
    const after = await cursorOf('/admin/users', {});
    expect(Buffer.from(after, 'base64url').toString('latin1')).not.toContain('example');
  });
});

describe('a query is refused', () => {
  it.each([
    ...[
      'limit=0',
      'limit=1001',
      'limit=-1',
      'limit=1e2',
      'limit=',
      'limit=0x10',
      'limit=1&limit=2',
      'limit=%31%30%30%30%30',
    ],
    ...['email=', 'email=%20', 'email=a%00', 'email=%00', 'email=a%0ab', `email=${'a'.repeat(255)}`, 'email=a&email=b'],
    ...[
      'email[]=a',
      'email[$ne]=',
      'role=',
      'role=%25',
      "role=user'--",
      'role=Admin',
      'role=a%00',
      `role=${'a'.repeat(33)}`,
    ],
    ...['disabled=', 'disabled=1', 'disabled=TRUE', 'disabled=null', 'q=a', 'after=', `after=${'A'.repeat(513)}`],
  ])('for users: %s', async (query) => {
    expect((await ada.ask('GET', `/admin/users?${query}`)).json).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });

  it.each([
    ...[
      'user=',
      'user=a',
      'user=a%00@example.com',
      'user=*',
      "user=' or 1=1--",
      'type=',
      'type=%25',
      'type=A',
      'type=a%00',
    ],
    ...[
      'ip=',
      'ip=1',
      'ip=127.1',
      'ip=0177.0.0.1',
      'ip=10.0.0.0/8',
      'ip=fe80::1%25eth0',
      'ip=%00',
      'ip=::g',
      'ip=localhost',
    ],
    ...['from=now', 'from=', 'from=2026-11-27', 'from=1', 'from=infinity', 'from=0000-01-01T00:00:00Z', 'to=epoch'],
    ...['to=2026-02-30T00:00:00Z', 'to=2026-11-27T24:00:00Z', 'to=2026-11-27T10:00:00', 'to=1969-12-31T23:59:59Z'],
    ...['to=%2b10000-01-01T00:00:00Z', 'to=2026-11-27T10:00:60Z', 'limit=0', 'limit=1001', 'to=a&to=b', 'userId=a'],
  ])('for events: %s', async (query) => {
    for (const path of ['/admin/events', '/admin/events.csv'])
      expect((await ada.ask('GET', `${path}?${query}`)).json).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('of a megabyte, and a body of one', async () => {
    const long = await ada.ask('GET', `/admin/users?email=${'a'.repeat(1_000_000)}`);
    expect(long.status).toBe(431);
    const body = await ada.ask('GET', '/admin/users', { rawBody: 'a'.repeat(1_000_000) }).catch(() => undefined);
    expect(body?.status ?? 413).toBeGreaterThanOrEqual(400);
    expect((await get('/admin/users', { limit: '1' })).status).toBe(200);
  });
});

// As sqlmap sends them: each is a text that fits nothing, or is refused (ASVS 1.2.4).
describe('SQL in a filter is a text', () => {
  const payloads = [
    ...[
      "' OR '1'='1",
      "'; DROP TABLE users;--",
      "') UNION SELECT password_hash FROM users--",
      '1 AND SLEEP(5)',
      "\\'; --",
    ],
    ...[
      '$1',
      '${7*7}',
      "a' AND pg_sleep(5) IS NULL--",
      "x'||(SELECT version())||'",
      '"; SELECT 1',
      'a/**/OR/**/1=1',
      'é＇ OR 1',
    ],
  ];
  it.each(payloads)('%s', async (text) => {
    const users = await service.query('SELECT count(*) FROM users');
    for (const [path, names] of [
      ['/admin/users', ['email', 'role', 'disabled', 'limit', 'after']],
      ['/admin/events', ['user', 'type', 'ip', 'from', 'to', 'limit', 'after']],
    ] as const)
      for (const name of names) {
        const { status, json } = await get(path, { [name]: text });
        // Only an address may begin with any text at all.
        const answer = name === 'email' ? { status: 200, users: [] } : { status: 400, users: undefined };
        expect({ status, users: json['users'] as unknown }, `${name}: ${text}`).toEqual(answer);
      }
    expect(await service.query('SELECT count(*) FROM users')).toEqual(users);
  });
});
