// OpenTelemetry tracing: what is in a span, whose trace it belongs to, and what never is in one.
import { createHash, randomUUID } from 'node:crypto';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../src/telemetry/metrics.js';
import { BoundedExport } from '../src/tracing/export.js';
import { bearer, call, me, mobile, refresh, register, somebody } from './support/client.js';
import { leaksIn } from './support/leaks.js';
import { type Received, type Receiver, startReceiver } from './support/otlp.js';
import { startRedis } from './support/redis.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const traceparent = (flags = '01') => ({ traceparent: `00-${TRACE}-${CALLER}-${flags}` });

async function traced(settings: Record<string, string> = {}, withRedis = false) {
  const receiver = await startReceiver();
  const redis = withRedis ? { REDIS_URL: (await startRedis()).url } : {};
  const service = await startServiceForTest({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...redis, ...settings });
  return { receiver, service };
}

const children = (receiver: Receiver, of: Received) => receiver.spans.filter((span) => span.parentId === of.spanId);
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
const only = (spans: Received[]) => {
  expect(spans).toHaveLength(1);
  return spans[0] as Received;
};
const child = (receiver: Receiver, of: Received, name: string) =>
  only(children(receiver, of).filter((span) => span.name === name));

const WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

async function lock(service: Service, table: string) {
  const holder = new pg.Client({ connectionString: service.databaseUrl });
  await holder.connect();
  await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return { holder, release: () => holder.query('COMMIT').then(() => holder.end()) };
}

async function verdicts(service: Service): Promise<number> {
  const metric = await service.app.get(Metrics).registry.getSingleMetric('watchword_verdicts_total')?.get();
  return metric?.values.find(({ labels }) => labels['source'] === 'postgres')?.value ?? 0;
}

describe('a trace', () => {
  it('holds a sign-in, a refresh, a check and a logout, each with its parts', async () => {
    const { receiver, service } = await traced({}, true);
    const phone = await mobile(service.url);
    const next = (await refresh(service.url, phone.refreshToken)).json as { accessToken: string; refreshToken: string };
    expect((await me(service.url, next.accessToken)).status).toBe(200);
    const out = await call(service.url, 'POST', '/auth/logout', { headers: bearer(next.accessToken) });
    expect(out.status).toBe(204);
    await receiver.untilNamed('POST /auth/logout');

    const login = only(receiver.named('POST /auth/login'));
    expect(login).toMatchObject({ parentId: '', kind: 2, status: 0 });
    expect(login.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/auth/login',
      'http.response.status_code': 200,
    });
    expect(login.resource).toMatchObject({ 'service.name': 'watchword', 'service.version': '0.1.0' });
    const signIn = child(receiver, login, 'sign_in');
    expect(children(receiver, signIn).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['password.wait', 'password.hash', 'token.sign', 'COMMIT']),
    );

    const spent = child(receiver, only(receiver.named('POST /auth/refresh')), 'refresh');
    const rotation = child(receiver, spent, 'rotation');
    expect(rotation).toMatchObject({
      kind: 3,
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'UPDATE' },
    });
    child(receiver, spent, 'token.sign');

    const check = child(receiver, only(receiver.named('GET /auth/me')), 'check');
    const asked = children(receiver, check);
    expect(asked.map(({ name }) => name)).toContain('EVALSHA');
    expect(asked.find(({ name }) => name === 'EVALSHA')?.attributes).toEqual({
      'db.system.name': 'redis',
      'db.operation.name': 'EVALSHA',
    });

    const logout = only(receiver.named('POST /auth/logout'));
    expect(receiver.spans.filter(({ traceId }) => traceId === logout.traceId).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['logout', 'revocation.drop', 'DEL']),
    );
    for (const span of receiver.spans) expect(span.message).toBe('');
  });

  it('holds no secret, no address, no user and no value of a statement', async () => {
    const { receiver, service } = await traced({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, true);
    const person = somebody();
    const agent = `agent-${randomUUID()}`;
    const phone = await mobile(service.url, await register(service.url, person));
    const query = randomUUID();
    const headers = { ...bearer(phone.accessToken), 'user-agent': agent, 'x-request-id': `call-${query}` };
    await call(service.url, 'GET', `/auth/me?hidden=${query}`, { headers });
    await call(service.url, 'POST', '/auth/login', {
      body: { ...person, password: 'not their password', transport: 'bearer' },
    });
    await call(service.url, 'DELETE', `/auth/sessions/${phone.session.id}`, { headers: bearer(phone.accessToken) });
    await refresh(service.url, phone.refreshToken);
    await receiver.untilNamed('DELETE /auth/sessions/:id');
    await receiver.untilNamed('POST /auth/refresh');

    const sent = receiver.text();
    expect(leaksIn(sent)).toEqual([]);
    for (const text of [person.email, phone.user.id, phone.session.id, agent, query, '127.0.0.1', 'hidden'])
      expect(sent).not.toContain(text);
    expect(only(receiver.named('POST /auth/refresh')).attributes['error.type']).toBe('refresh_token_invalid');
    expect(only(receiver.named('refresh'))).toMatchObject({
      status: 0,
      attributes: { 'error.type': 'refresh_token_invalid' },
    });
  });

  it('names checks that were asked together by links, both ways', async () => {
    const { receiver, service } = await traced();
    const phone = await mobile(service.url);
    const { holder, release } = await lock(service, 'access_revocations');
    const answers = Array.from({ length: 30 }, () => me(service.url, phone.accessToken));
    // Two questions are on their way and wait for the lock; the checks behind them wait for one of the two.
    await until('all checks have begun', async () => (await verdicts(service)) === 30);
    await until('two questions wait', async () => (await holder.query(WAITING)).rowCount === 2);
    await release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(30).fill(200));
    await receiver.untilNamed('check', 30);
    const shared = receiver.named('check.together');
    const counts = shared.map(({ attributes }) => Number(attributes['watchword.checks']));
    expect(Math.max(...counts)).toBeGreaterThan(10);
    for (const span of shared) {
      const linked = receiver.named('check').filter(({ spanId }) => span.links.includes(spanId));
      expect(linked).toHaveLength(Number(span.attributes['watchword.checks']) - 1);
      for (const check of linked) expect(check.links).toContain(span.spanId);
      child(receiver, span, 'truth_of_tokens');
    }
  });

  it('records what is the fault of the service as an error, by its code alone', async () => {
    const { receiver, service } = await traced();
    const phone = await mobile(service.url);
    await service.query('ALTER TABLE refresh_tokens RENAME TO elsewhere');
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(500);
    await service.query('ALTER TABLE elsewhere RENAME TO refresh_tokens');
    const [request] = await receiver.untilNamed('POST /auth/refresh');
    expect(request).toMatchObject({ status: 2, message: '', attributes: { 'error.type': 'internal_error' } });
    expect(only(receiver.named('rotation'))).toMatchObject({
      status: 2,
      message: '',
      attributes: { 'error.type': '42P01' },
    });
  });
});

describe('the trace of a caller', () => {
  it('goes on (W3C Trace Context), and its ids stand in the lines of the log', async () => {
    const { receiver, service } = await traced();
    const state = { tracestate: 'vendor=1' };
    const answer = await call(service.url, 'POST', '/auth/refresh', {
      body: {},
      headers: { ...traceparent(), ...state },
    });
    expect(answer.status).toBe(401);
    const [span] = await receiver.untilNamed('POST /auth/refresh');
    expect(span).toMatchObject({ traceId: TRACE, parentId: CALLER, traceState: '' });
    const line = service.log.find(({ requestId }) => requestId === answer.headers['x-request-id']);
    expect(line).toMatchObject({ event: 'request.refused', trace_id: TRACE, span_id: span?.spanId });
    expect(answer.headers).not.toHaveProperty('traceparent');
  });

  it('is ignored where its header is malformed', async () => {
    const { receiver, service } = await traced();
    const malformed = [
      `00-${'0'.repeat(32)}-${CALLER}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `ff-${TRACE}-${CALLER}-01`,
      `00-${TRACE}-${CALLER}-01-more`,
      `00-${TRACE.toUpperCase()}-${CALLER}-01`,
      `00-${TRACE}-${CALLER}`,
      `00-${TRACE}-${CALLER}-01, 00-${TRACE}-${CALLER}-01`,
      'x'.repeat(4_000),
    ];
    for (const header of malformed)
      await call(service.url, 'POST', '/auth/refresh', { body: {}, headers: { traceparent: header } });
    const spans = await receiver.untilNamed('POST /auth/refresh', malformed.length);
    expect(spans.map(({ parentId }) => parentId)).toEqual(malformed.map(() => ''));
    expect(spans.map(({ traceId }) => traceId)).not.toContain(TRACE);
    expect(receiver.text()).not.toContain('xxxx');
  });

  it('neither forces nor prevents that a request is recorded, whatever flag and id a stranger sends', async () => {
    const receiver = await startReceiver();
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER: 'traceidratio' };
    const none = await startService({ ...endpoint, OTEL_TRACES_SAMPLER_ARG: '0' });
    // The sampler of the library records every trace whose id begins with zeros.
    const lucky = { traceparent: `00-0000000000000000000000000000000f-${CALLER}-01` };
    for (const headers of [lucky, traceparent('01')])
      await call(none.url, 'POST', '/auth/refresh', { body: {}, headers });
    await none.stop(); // which sends what is left
    expect(receiver.posts).toEqual([]);

    const all = await startServiceForTest({ ...endpoint, OTEL_TRACES_SAMPLER_ARG: '1' });
    await call(all.url, 'POST', '/auth/refresh', { body: {}, headers: traceparent('00') });
    const [span] = await receiver.untilNamed('POST /auth/refresh');
    expect(span?.traceId).toBe(TRACE);
  });

  it('decides where the operator trusts callers', async () => {
    const { receiver, service } = await traced({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    await call(service.url, 'POST', '/auth/refresh', { body: {} });
    await call(service.url, 'POST', '/auth/login', { body: {}, headers: traceparent('00') });
    await call(service.url, 'POST', '/auth/logout', { headers: { ...traceparent('01'), tracestate: 'vendor=1' } });
    await receiver.untilNamed('POST /auth/logout');
    expect(only(receiver.spans.filter(({ kind }) => kind === 2)).traceState).toBe('vendor=1');
  });
});

describe('the settings of OpenTelemetry', () => {
  it('name the receiver, its headers, the service and the process', async () => {
    const receiver = await startReceiver();
    const service = await startServiceForTest({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/some/where`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of%20the%20receiver,x-tenant=a',
      OTEL_SERVICE_NAME: 'sign-in',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.name=not%20this',
    });
    await call(service.url, 'POST', '/auth/refresh', { body: {} });
    const [span] = await receiver.untilNamed('POST /auth/refresh');
    expect(span?.resource).toMatchObject({ 'service.name': 'sign-in', 'deployment.environment.name': 'staging' });
    expect(receiver.posts[0]).toMatchObject({
      path: '/some/where',
      headers: { authorization: 'Bearer of the receiver', 'x-tenant': 'a', 'content-type': 'application/x-protobuf' },
    });
  });
});

describe('work that no request waits for, and requests to others', () => {
  it('has traces of its own: a mail, and an alert whose receiver learns the trace id', async () => {
    const webhook = await startReceiver();
    const alerts = { ALERT_WEBHOOK_URL: `${webhook.url}/alerts`, ALERT_WEBHOOK_SECRET: `whsec_${'A'.repeat(43)}=` };
    webhook.answer = 204;
    const { receiver, service } = await traced(alerts);
    const phone = await mobile(service.url);
    await call(service.url, 'POST', '/auth/password/forgot', { body: { email: phone.person.email } });
    const second = (await refresh(service.url, phone.refreshToken)).json['refreshToken'] as string;
    await refresh(service.url, second);
    await refresh(service.url, phone.refreshToken);
    const [mail] = await receiver.untilNamed('mail.deliver');
    expect(mail).toMatchObject({ parentId: '', attributes: { 'watchword.mail.kind': expect.any(String) as string } });
    child(receiver, mail as Received, 'mail.send');
    const [alert] = await receiver.untilNamed('alert.deliver');
    expect(alert?.parentId).toBe('');
    const post = child(receiver, alert as Received, 'POST alert_webhook');
    expect(post.attributes['http.response.status_code']).toBe(204);
    expect(webhook.posts[0]?.headers['traceparent']).toBe(`00-${post.traceId}-${post.spanId}-01`);
    expect(leaksIn(receiver.text())).toEqual([]);
    expect(receiver.text()).not.toContain(phone.person.email);
  });

  it('learn no trace id if they are strangers, and their URLs are in no span', async () => {
    const list = await startReceiver();
    const { receiver, service } = await traced({ PASSWORD_BREACH_URL: `${list.url}/range` });
    const person = await register(service.url);
    const [asked] = await receiver.untilNamed('GET breached_passwords');
    expect(asked?.attributes).toMatchObject({ 'http.request.method': 'GET', 'peer.service': 'breached_passwords' });
    expect(list.posts).toHaveLength(1);
    expect(list.posts[0]?.path).toContain(sha1(person.password).slice(0, 5));
    expect(list.posts[0]?.headers).not.toHaveProperty('traceparent');
    expect(receiver.text()).not.toContain(sha1(person.password).slice(0, 5));
    expect(receiver.text()).not.toContain('/range');
  });
});

describe("the caller's own X-Request-Id", () => {
  it('stands in the log beside ours, if it is a plain identifier', async () => {
    const service = await startServiceForTest();
    const lineOf = async (id: string | string[]) => {
      const answer = await call(service.url, 'POST', '/auth/refresh', { body: {}, headers: { 'x-request-id': id } });
      expect(answer.json['requestId']).toBe(answer.headers['x-request-id']);
      expect(answer.text).not.toContain('gateway');
      return service.log.find(({ requestId }) => requestId === answer.json['requestId']);
    };
    expect(await lineOf('gateway-7f/3:a=b')).toMatchObject({ callerRequestId: 'gateway-7f/3:a=b' });
    for (const bad of ['gateway 7', 'gateway"}', 'anna@gateway.example', 'g'.repeat(129), ['gateway', 'gateway']])
      expect(await lineOf(bad)).not.toHaveProperty('callerRequestId');
  });
});

describe('a receiver', () => {
  it.each([503, 400, 'hang'] as const)('that answers %s costs spans and no request', async (answer) => {
    const { receiver, service } = await traced();
    receiver.answer = answer;
    const phone = await mobile(service.url);
    await until('a batch was sent', () => receiver.posts.length > 0);
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });
});

it('a receiver that never answers leaves a bounded number of spans in memory, and the rest is counted', () => {
  const taken: number[] = [];
  const queue = new BoundedExport({
    export: (spans) => taken.push(spans.length),
    shutdown: () => Promise.resolve(),
  });
  let dropped = 0;
  queue.report = (outcome, spans) => (dropped += outcome === 'dropped' ? spans : 0);
  const tracer = new TracerProvider({ spanProcessors: [queue] }).getTracer('a test');
  for (let spans = 0; spans < 10_000; spans++) tracer.startSpan('one').end();
  expect(taken).toEqual([512]); // on its way
  expect(dropped).toBe(10_000 - 512 - 2_048);
});
