// The audit trail: what it records, in one transaction with the change, and that nobody can alter it.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Retention } from '../src/audit/retention.js';
import { bearer, call, mobile, refresh, register, somebody } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { databaseSettings } from './support/settings.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const NOBODY = '00000000-0000-0000-0000-000000000000';
const eventsOf = (userId: string, target = service) =>
  target.query<Record<string, any>>(
    `SELECT type, outcome, session_id, host(ip) AS ip, user_agent, request_id, details FROM audit_events
      WHERE user_id = $1 ORDER BY at, id`,
    [userId],
  );

describe('the audit trail', () => {
  it('records who, what, when, from where and with which outcome, and the log agrees (ASVS 16.2.1)', async () => {
    const agent = { 'user-agent': 'a phone' };
    const person = await register(service.url);
    const answer = await call(service.url, 'POST', '/auth/login', {
      body: { ...person, transport: 'bearer' },
      headers: agent,
    });
    const { user, session, accessToken } = answer.json as { user: any; session: any; accessToken: string };
    await call(service.url, 'POST', '/auth/login', { body: { ...person, password: 'not the right one' } });
    await call(service.url, 'POST', '/auth/logout', { headers: { ...agent, ...bearer(accessToken) } });
    const place = { ip: '127.0.0.1', request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) };
    const events = await eventsOf(user.id);
    expect(events).toEqual([
      { ...place, type: 'user.registered', outcome: 'success', session_id: null, user_agent: null, details: {} },
      {
        ...place,
        type: 'login.succeeded',
        outcome: 'success',
        session_id: session.id,
        user_agent: 'a phone',
        details: { transport: 'bearer', persistent: false, methods: ['pwd'], afterForcedEnd: false },
      },
      {
        ...place,
        type: 'login.failed',
        outcome: 'failure',
        session_id: null,
        user_agent: null,
        details: { reason: 'wrong_password' },
      },
      {
        ...place,
        type: 'session.ended',
        outcome: 'success',
        session_id: session.id,
        user_agent: 'a phone',
        details: { reason: 'logout' },
      },
    ]);
    for (const event of events) {
      const line = service.log.find(
        (entry) => entry['requestId'] === event['request_id'] && entry['event'] === event['type'],
      );
      expect(line).toMatchObject({
        outcome: event['outcome'],
        userId: user.id,
        ip: event['ip'],
        time: expect.any(String),
      });
    }
  });

  it('records a sign-in with an unknown address under the nil UUID', async () => {
    const before = (await eventsOf(NOBODY)).length;
    await call(service.url, 'POST', '/auth/login', { body: somebody() });
    expect((await eventsOf(NOBODY)).slice(before)).toMatchObject([
      { type: 'login.failed', outcome: 'failure', details: { reason: 'unknown_address' } },
    ]);
  });

  it('records a reuse once, however often the old token is used, and no rotation or replay', async () => {
    const phone = await mobile(service.url);
    const second = (await refresh(service.url, phone.refreshToken)).json['refreshToken'];
    await refresh(service.url, phone.refreshToken);
    await refresh(service.url, second);
    await Promise.all(Array.from({ length: 6 }, () => refresh(service.url, phone.refreshToken)));
    const events = await eventsOf(phone.user.id);
    expect(events.map(({ type }) => type)).toEqual(['user.registered', 'login.succeeded', 'refresh.reused']);
    expect(events[2]).toMatchObject({
      outcome: 'failure',
      session_id: phone.session.id,
      details: { gravity: 'copied_client', generationsBehind: 2, addressChanged: false, userAgentChanged: false },
    });
  });

  it('records every session that a logout of all devices ends', async () => {
    const phone = await mobile(service.url);
    await mobile(service.url, phone.person);
    await call(service.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) });
    const types = (await eventsOf(phone.user.id)).map(({ type }) => type).slice(-3);
    expect(types).toEqual(['session.ended', 'session.ended', 'logout_all']);
  });

  it('undoes a change whose row cannot be written (ASVS 2.3.3)', async () => {
    const own = await startServiceForTest();
    const phone = await mobile(own.url);
    await own.query('REVOKE INSERT ON audit_events FROM watchword_service');
    const before = own.log.length;
    const answers = [
      await call(own.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) }),
      await call(own.url, 'POST', '/auth/logout-all', { headers: bearer(phone.accessToken) }),
      await call(own.url, 'DELETE', `/auth/sessions/${phone.session.id}`, { headers: bearer(phone.accessToken) }),
      await call(own.url, 'POST', '/auth/register', { body: somebody() }),
      await call(own.url, 'POST', '/auth/login', { body: phone.person }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    const [counts] = await own.query(`SELECT (SELECT count(*)::int FROM users) AS users,
      (SELECT count(*)::int FROM refresh_tokens WHERE NOT revoked) AS sessions, (SELECT count(*)::int FROM access_revocations) AS denied`);
    expect(counts).toEqual({ users: 1, sessions: 1, denied: 0 });
    expect(own.log.slice(before).filter((line) => line['outcome'] === 'success')).toEqual([]);
    await own.query('GRANT INSERT ON audit_events TO watchword_service');
    expect((await refresh(own.url, phone.refreshToken)).status).toBe(200);
  });

  it('has neither a row nor a log line for a change that was rolled back', async () => {
    const own = await startServiceForTest();
    const phone = await mobile(own.url);
    // Each commit that changes a session fails at its end.
    await own.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$refused$$; END';
      CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON refresh_tokens DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const [before, lines] = [await eventsOf(phone.user.id, own), own.log.length];
    const answers = [
      await call(own.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) }),
      await call(own.url, 'POST', '/auth/login', { body: phone.person }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([500, 500]);
    expect(await eventsOf(phone.user.id, own)).toEqual(before);
    expect(own.log.slice(lines).filter((line) => line['outcome'])).toEqual([]);
  });

  it('records each key that is made', async () => {
    const own = await startServiceForTest();
    const keys = await own.query<{ kid: string }>('SELECT kid FROM signing_keys');
    const events = (await eventsOf(NOBODY, own)).filter(({ type }) => type.startsWith('key.'));
    expect(
      events
        .filter(({ type }) => type === 'key.published')
        .map(({ details }) => details.kid)
        .toSorted(),
    ).toEqual(keys.map(({ kid }) => kid).toSorted());
    expect(events.filter(({ type }) => type === 'key.activated')).toHaveLength(1);
  });
});

describe("the service's role", () => {
  const asService = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: databaseSettings(service.databaseUrl).DATABASE_URL });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it('can add and read audit rows, but not change, delete or backdate one (ASVS 16.4.2)', async () => {
    await asService(async (client) => {
      expect((await client.query('SELECT count(*) FROM audit_events')).rowCount).toBe(1);
      const [{ partition } = { partition: '' }] = await service.query<{ partition: string }>(
        `SELECT inhrelid::regclass::text AS partition FROM pg_inherits WHERE inhparent = 'audit_events'::regclass LIMIT 1`,
      );
      for (const statement of [
        `UPDATE audit_events SET type = 'x'`,
        'DELETE FROM audit_events',
        'TRUNCATE audit_events',
        `DELETE FROM ${partition}`,
        'DROP TABLE audit_events',
        `DROP TABLE ${partition}`,
        `ALTER TABLE audit_events DETACH PARTITION ${partition}`,
        'SELECT audit_rotate(0)',
        `INSERT INTO audit_events (user_id, at, id, type, outcome, details)
         VALUES ('${NOBODY}', '2001-01-01', gen_random_uuid(), 'x', 'success', '{}')`,
      ]) {
        await expect(client.query(statement)).rejects.toThrow(/permission denied|must be owner|at least 3 months/);
      }
    });
  });

  it('owns nothing and creates nothing (ASVS 13.2.2)', async () => {
    await asService(async (client) => {
      for (const statement of [
        'CREATE TABLE x (y int)',
        'ALTER TABLE users ADD COLUMN x int',
        'CREATE OR REPLACE FUNCTION protocol_now() RETURNS timestamptz LANGUAGE sql AS $$SELECT now()$$',
        'DELETE FROM watchword_migrations.applied',
        'CREATE ROLE x',
      ]) {
        await expect(client.query(statement)).rejects.toThrow(/permission denied|must be owner/);
      }
    });
  });
});

describe('the retention', () => {
  const partitions = async (target: Service) =>
    (
      await target.query<{ name: string }>(
        `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = 'audit_events'::regclass ORDER BY 1`,
      )
    ).map(({ name }) => name);

  it('keeps a partition a month, three of them ahead, and drops whole months that are older than the setting', async () => {
    const own = await startServiceForTest({ AUDIT_RETENTION_MONTHS: '3' });
    const phone = await mobile(own.url);
    const first = await partitions(own);
    expect(first).toHaveLength(5);
    expect(first.at(-1)).toBe('audit_events_default');

    // No rotation for a year: rows go to the default partition, and the next run distributes them.
    await own.advance(360 * 86_400);
    const later = await mobile(own.url, phone.person);
    const [inDefault] = await own.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_events_default');
    expect(inDefault?.n).toBe(1);
    expect(await own.app.get(Retention).run()).toMatchObject({ created: 4, dropped: 4 });
    expect(await partitions(own)).toHaveLength(5);
    expect(await own.query('SELECT 1 FROM audit_events_default')).toEqual([]);
    const events = await eventsOf(phone.user.id, own);
    expect(events).toMatchObject([{ type: 'login.succeeded', session_id: later.session.id }]);
    expect(await own.app.get(Retention).run()).toEqual({ created: 0, dropped: 0 });
  });

  it('keeps rows within the retention period', async () => {
    const own = await startServiceForTest({ AUDIT_RETENTION_MONTHS: '13' });
    const phone = await mobile(own.url);
    await own.advance(360 * 86_400);
    await own.app.get(Retention).run();
    expect((await eventsOf(phone.user.id, own)).map(({ type }) => type)).toEqual([
      'user.registered',
      'login.succeeded',
    ]);
  });
});
