// How services show their secret at the routes of OAuth (RFC 6749 §2.3), and what a guesser learns.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Metrics } from '../src/telemetry/metrics.js';
import { newSecret } from '../src/siblings/service-secret.js';
import { bearer, call, mobile } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import {
  addService,
  basic,
  endPrevious,
  grant,
  introspect,
  post,
  removed,
  rotated,
  tokenOf,
} from './support/services.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const INVALID = [401, 'invalid_client'];
const base64 = (text: string) => Buffer.from(text).toString('base64');
const ask = (
  headers: Record<string, string>,
  form: string | Record<string, string> = { token: 'x' },
  at = service.url,
) => post(at, '/oauth/introspect', form, headers);

describe('the secret of a service', () => {
  it('counts by HTTP Basic in every correct encoding', async () => {
    const client = await addService(service);
    const { clientId: id, secret } = client;
    const everyByte = (text: string) =>
      text.replace(/./g, (each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`);
    const right = [
      `${id}:${secret}`,
      `${everyByte(id)}:${everyByte(secret)}`,
      `${id.replaceAll('-', '%2D')}:${secret}`,
    ];
    for (const text of right) expect((await ask({ authorization: `Basic ${base64(text)}` })).status).toBe(200);
    expect((await ask({ authorization: `basic  ${base64(right[0] ?? '')} ` })).status).toBe(200);
  });

  it('does not count in any other, and the answer is one', async () => {
    const { clientId: id, secret } = await addService(service);
    const wrong = [
      `${id}${secret}`,
      `${id}:${secret} `,
      `:${secret}`,
      `${id}:`,
      '',
      ':',
      `${id}:${secret}%`,
      `${id}%zz:${secret}`,
    ];
    const encoded = [...wrong, `${secret}:${id}`, `${id}:${secret}:${secret}`, `${id}:${secret}\u0000`].map(base64);
    const headers = [
      ...encoded.map((text) => `Basic ${text}`),
      'Basic',
      `Basic ${secret}`,
      `Digest ${base64(`${id}:${secret}`)}`,
      'Basic ****',
    ];
    for (const authorization of headers) {
      const answer = await ask({ authorization });
      expect([authorization, answer.status, answer.json['error']]).toEqual([authorization, ...INVALID]);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="watchword", charset="UTF-8"');
      expect([answer.headers['content-type'], answer.json['session']]).toEqual([
        'application/json; charset=utf-8',
        undefined,
      ]);
    }
  });

  it('counts in the form, and never in two places (RFC 6749 §2.3)', async () => {
    const client = await addService(service);
    const other = await addService(service);
    const form = { token: 'x', client_id: client.clientId, client_secret: client.secret };
    expect((await ask({}, form)).status).toBe(200);
    expect((await ask(basic(client), { token: 'x', client_id: client.clientId })).status).toBe(200);
    const twice: [Record<string, string>, Record<string, string>][] = [
      [basic(client), form],
      [basic(client), { token: 'x', client_secret: client.secret }],
      [basic(client), { token: 'x', client_id: other.clientId }],
      [basic(client), { token: 'x', client_assertion: 'x' }],
      [{}, { ...form, client_assertion: 'x' }],
      [bearer('x'), form],
    ];
    for (const [headers, given] of twice) {
      const answer = await ask(headers, given);
      expect([answer.status, answer.json['error']]).toEqual([400, 'invalid_request']);
    }
    const repeated = `token=x&client_id=${client.clientId}&client_secret=${client.secret}&client_secret=${client.secret}`;
    expect((await ask({}, repeated)).json['error']).toBe('invalid_request');
    for (const some of [{ client_id: client.clientId }, { client_secret: client.secret }, {}])
      expect((await ask({}, { token: 'x', ...some })).json['error']).toBe('invalid_client');
  });

  it('is asked for before the rest of the request is judged', async () => {
    for (const path of ['/oauth/introspect', '/oauth/revoke', '/oauth/token'])
      expect((await post(service.url, path, '')).json['error']).toBe('invalid_client');
  });

  it('is kept as a hash, and shown by nothing', async () => {
    const client = await rotated(service, await addService(service));
    const row = await service.query<{ text: string }>('SELECT s::text AS text FROM services s WHERE name = $1', [
      client.name,
    ]);
    expect(row[0]?.text).not.toContain(client.secret);
    expect(row[0]?.text).not.toContain(Buffer.from(client.secret).toString('hex'));
    expect(client.secret).toMatch(/^wcs_[\w-]{48}$/);
  });
});

describe('a rotation of the secret', () => {
  it('lets both secrets count until the old one is ended, and no call fails meanwhile', async () => {
    const before = await addService(service, { resources: ['http://auth.test'] });
    const other = await addService(service);
    const early = await tokenOf(service.url, before);
    const after = await rotated(service, before);
    const [old, late] = [await tokenOf(service.url, before), await tokenOf(service.url, after)];
    for (const token of [early, old, late])
      expect((await introspect(service.url, other, token)).json['active']).toBe(true);
    await endPrevious(service, after);
    expect((await introspect(service.url, before, 'x')).json['error']).toBe('invalid_client');
    expect((await introspect(service.url, after, 'x')).status).toBe(200);
    for (const token of [early, old]) expect((await introspect(service.url, other, token)).json['active']).toBe(false);
    expect((await introspect(service.url, other, late)).json['active']).toBe(true);
  });

  it('ends the secret before the previous one, with its tokens', async () => {
    const first = await addService(service, { resources: ['http://auth.test'] });
    const token = await tokenOf(service.url, first);
    const second = await rotated(service, first);
    const third = await rotated(service, second);
    expect((await grant(service.url, first)).json['error']).toBe('invalid_client');
    for (const client of [second, third]) expect((await grant(service.url, client)).status).toBe(200);
    expect((await introspect(service.url, third, token)).json['active']).toBe(false);
  });

  it('at the same time by several operators leaves the two newest secrets, and no more', async () => {
    const client = await addService(service);
    const all = await Promise.all(Array.from({ length: 5 }, () => rotated(service, client)));
    const good = [];
    for (const each of [client, ...all]) good.push((await introspect(service.url, each, 'x')).status === 200);
    expect(good.filter(Boolean)).toHaveLength(2);
    const [row] = await service.query('SELECT secret_version FROM services WHERE name = $1', [client.name]);
    expect(row).toEqual({ secret_version: 6 });
  });

  it('shows in the metrics which secret is still used', async () => {
    const before = await addService(service);
    const after = await rotated(service, before);
    for (const client of [before, after, after]) await introspect(service.url, client, 'x');
    const text = await service.app.get(Metrics).registry.metrics();
    const called = (secret: string) =>
      `watchword_service_calls_total{service="${before.name}",route="/oauth/introspect",secret="${secret}"}`;
    expect(text).toContain(`${called('previous')} 1`);
    expect(text).toContain(`${called('current')} 2`);
    expect(text).toContain(`watchword_introspections_total{service="${before.name}",answer="inactive"} 3`);
  });
});

describe('a removed service', () => {
  it('is nobody at once, and so are its tokens', async () => {
    const client = await addService(service, { resources: ['http://auth.test'] });
    const other = await addService(service);
    const token = await tokenOf(service.url, client);
    await removed(service, client);
    expect((await introspect(service.url, client, 'x')).json['error']).toBe('invalid_client');
    expect((await introspect(service.url, other, token)).json).toEqual({ active: false });
    const events = await service.query<{ type: string }>(
      `SELECT type FROM audit_events WHERE details->>'service' = $1 ORDER BY at`,
      [client.name],
    );
    expect(events.map(({ type }) => type)).toEqual(['service.added', 'service.removed']);
  });
});

describe('a guesser', () => {
  it('learns nothing from the work that an unknown service, a wrong secret or a removed service costs', async () => {
    const own = await startServiceForTest();
    const [client, gone] = [await addService(own), await addService(own)];
    await removed(own, gone);
    const sent = vi.spyOn(pg.Client.prototype, 'query');
    onTestFinished(() => sent.mockRestore());
    const statements = () =>
      (sent.mock.calls as unknown as [string | { text: string }][])
        .map(([query]) => (typeof query === 'string' ? query : query.text))
        .filter((text) => /services|rate_limits/.test(text));
    const workOf = async (clientId: string, secret: string) => {
      sent.mockClear();
      const answer = await ask(basic({ clientId, secret }), { token: 'x' }, own.url);
      expect([answer.status, answer.json['error']]).toEqual(INVALID);
      const { requestId: _, ...body } = answer.json;
      return { statements: statements().toSorted(), body, headers: Object.keys(answer.headers) };
    };
    const wrong = await workOf(client.clientId, newSecret());
    expect(wrong.statements.length).toBeGreaterThan(1);
    const unknown = client.clientId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const clientId of [unknown, gone.clientId, 'nobody', 'svc_', '', client.name])
      expect(await workOf(clientId, newSecret())).toEqual(wrong);
    for (const secret of ['x', 'wcs_', gone.secret, randomBytes(5_000).toString('hex')])
      expect(await workOf(client.clientId, secret)).toEqual(wrong);
  });

  it('is stopped by network, and their neighbours with the right secret, or a password, are not', async () => {
    const own = await startServiceForTest({ FAILURES_PER_ADDRESS: '10' });
    const client = await addService(own);
    const codes: string[] = [];
    for (let time = 0; time < 12; time++)
      codes.push((await ask(basic({ ...client, secret: newSecret() }), { token: 'x' }, own.url)).json['error']);
    expect(codes).toEqual([...Array(10).fill('invalid_client'), ...Array(2).fill('too_many_attempts')]);
    expect((await introspect(own.url, client, 'x')).status).toBe(200);
    await mobile(own.url);
    const refused = own.log.filter(({ event }) => event === 'service.refused');
    expect(refused.map(({ service: name, reason }) => `${String(name)} ${String(reason)}`)).toEqual(
      Array(10).fill(`${client.name} wrong_secret`),
    );
  });
});

describe('a service in a loop', () => {
  it('is told to wait, and the others are not', async () => {
    const own = await startServiceForTest({ SERVICE_CALLS_PER_MINUTE: '10', SERVICE_TOKENS_PER_MINUTE: '2' });
    const [busy, calm] = [await addService(own), await addService(own, { resources: ['http://auth.test'] })];
    const answers = [];
    for (let time = 0; time < 11; time++) answers.push(await introspect(own.url, busy, 'x'));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(200), 429]);
    expect(answers.at(-1)?.json).toMatchObject({ error: 'too_many_attempts', retryAfter: expect.any(Number) });
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
    const grants = [];
    for (let time = 0; time < 3; time++) grants.push((await grant(own.url, calm)).status);
    expect(grants).toEqual([200, 200, 429]);
    const signed = { accept: 'application/token-introspection+jwt' };
    expect((await introspect(own.url, calm, 'x', signed)).status).toBe(429);
    expect((await introspect(own.url, calm, 'x')).status).toBe(200);
    const off = await startServiceForTest({ RATE_LIMITS: 'off', SERVICE_TOKENS_PER_MINUTE: '1' });
    const free = await addService(off, { resources: ['http://auth.test'] });
    for (let time = 0; time < 3; time++) expect((await grant(off.url, free)).status).toBe(200);
  });
});

describe('a form', () => {
  it('is taken by no other route', async () => {
    const answer = await post(service.url, '/auth/login', { email: 'a@example.com', password: 'x'.repeat(20) });
    expect([answer.status, answer.headers['content-type']]).toEqual([415, 'application/problem+json; charset=utf-8']);
    expect(answer.json['error']).toBeUndefined();
  });

  it.each(['GET', 'PUT', 'DELETE'])('is sent by POST, not by %s', async (method) => {
    expect((await call(service.url, method, '/oauth/introspect')).status).toBe(404);
  });
});
