// ACCOUNT_PAGES=off: an application of its own has the pages, and a refusal at a provider is an answer like any other.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Browser, register } from './support/client.js';
import { enrolled } from './support/factors.js';
import { type Liar, openLiar } from './support/lying-provider.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { openUpstream, type Upstream } from './support/upstream-provider.js';
import { callbackOf, linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

let service: Service;
let upstream: Upstream;
let liar: Liar;
let wrong: Liar;
let proxy: PostgresProxy;
beforeAll(async () => {
  upstream = await openUpstream([callbackOf('authentik')]);
  [liar, wrong] = [await openLiar(), await openLiar('wrong')];
  proxy = await PostgresProxy.before(await cloneDatabase());
  const settings = { ACCOUNT_PAGES: 'off', UPSTREAM_STARTS_PER_ADDRESS: '60', FAILURES_PER_ADDRESS: '10' };
  service = await withProviders([upstream.entry, liar.entry, wrong.entry], (known) =>
    startService({ ...known, ...settings }, { databaseUrl: proxy.url }),
  );
});
afterAll(async () => {
  await service.stop();
  proxy.close();
  await Promise.all([upstream.close(), liar.close(), wrong.close()]);
});

const link = (email: string, name: string) => {
  upstream.people.set(name, { email });
  return linkUser(service, email, { issuer: upstream.issuer, subject: upstream.subjectOf(name) });
};
const browserAt = (id = 'authentik') => new UpstreamBrowser(service.url, id);
const start = (id: string) => browserAt(id).navigate(`/auth/upstream/${id}`, 'none');
const codeOf = ({ json }: Answer) => json['code'] as unknown;

describe('without account pages', () => {
  it('somebody comes back to the address that they wished, or to none', async () => {
    const { email } = await register(service.url);
    await link(email, 'ada');
    const browser = browserAt();
    const answer = await browser.signIn('ada');
    expect([answer.status, answer.headers['location']]).toEqual([204, undefined]);
    expect((await browser.go('GET', '/auth/me')).json['email']).toBe(email);
    expect((await browserAt().signIn('ada', '?return_to=/x')).headers['location']).toBe('http://auth.test/x');
  });

  it('a second factor that is due is a 401 with its ticket in a cookie', async () => {
    const { person, code } = await enrolled(service);
    await link(person.email, 'bob');
    const browser = browserAt();
    expect((await browser.signIn('bob')).json).toMatchObject({ status: 401, code: 'second_factor_required' });
    expect((await browser.go('POST', '/auth/factor', { body: { totp: await code() } })).status).toBe(200);
  });

  it('so is a second factor that must be set up, and an account that is disabled', async () => {
    const { email } = await register(service.url);
    const userId = await link(email, 'cleo');
    await service.query("UPDATE users SET role = 'admin' WHERE id = $1", [userId]);
    expect((await browserAt().signIn('cleo')).json).toMatchObject({ status: 401, code: 'enrolment_required' });
    await service.query('UPDATE users SET disabled_at = protocol_now() WHERE id = $1', [userId]);
    expect((await browserAt().signIn('cleo')).json).toMatchObject({ status: 401, code: 'invalid_credentials' });
  });

  it('so is an address that has an account, an identity that is taken, and one too many', async () => {
    const owner = await register(service.url);
    await link(owner.email, 'dora');
    const other = await Browser.signedIn(service.url);
    const connect = async (name: string) => {
      const begun = await other.go('POST', '/auth/upstream/authentik/link', { body: {} });
      const browser = browserAt();
      for (const [key, cookie] of other.jar) browser.jar.set(key, cookie);
      return browser.navigate(await browser.atProvider(new URL(begun.json['location'] as string), name));
    };
    expect((await connect('dora')).json).toMatchObject({ status: 409, code: 'identity_taken' });
    upstream.people.set('twin', { email: owner.email });
    await service.query(
      `INSERT INTO upstream_identities (user_id, issuer, subject, id, linked_at)
       SELECT $1, 'https://' || n || '.example/', 'x', gen_random_uuid(), protocol_now() FROM generate_series(1, 10) n`,
      [(await other.go('GET', '/auth/me')).json['id']],
    );
    expect((await connect('twin')).json).toMatchObject({ status: 409, code: 'too_many_factors' });
    expect((await browserAt().signIn('twin')).json).toMatchObject({ status: 409, code: 'link_required' });
  });

  it('what went wrong at the provider has its status', async () => {
    expect((await browserAt().signIn('nobody')).json).toMatchObject({ status: 403, code: 'upstream_declined' });
    expect((await browserAt().navigate('/auth/upstream/authentik/callback')).json).toMatchObject({
      ...{ status: 400, code: 'upstream_request_invalid' },
    });
    expect(codeOf(await browserAt().navigate('/auth/upstream/authentik/go'))).toBe('upstream_request_invalid');
    const browser = browserAt('liar');
    const callback = await browser.atProvider(await browser.begin(), '');
    liar.lie = { idToken: () => 'a lie' };
    expect((await browser.navigate(callback)).json).toMatchObject({ status: 502, code: 'upstream_invalid' });
    liar.lie = {};
    const next = await browser.atProvider(await browser.begin(), '');
    liar.lie = { answers: (_, response) => Boolean(response.writeHead(500).end()) };
    expect((await browser.navigate(next)).json).toMatchObject({ status: 503, code: 'upstream_unavailable' });
    liar.lie = {};
  });

  it('nobody knows another provider', async () => {
    for (const path of ['', '/callback', '/go'])
      expect((await browserAt().navigate(`/auth/upstream/nobody${path}`)).json).toMatchObject({
        ...{ status: 404, code: 'not_found' },
      });
    expect((await browserAt().go('GET', '/auth/upstream')).json).toEqual({
      providers: [
        { id: 'authentik', label: 'Authentik' },
        { id: 'liar', label: 'Liar' },
        { id: 'wrong', label: 'Liar' },
      ],
    });
  });

  it('a provider that cannot be asked, or lies about itself, has its status where a browser begins', async () => {
    const state = randomBytes(32).toString('base64url');
    // As another instance has begun it, which could ask.
    await service.query(
      `INSERT INTO upstream_requests (hash, provider, purpose, transport, persistent, return_to, expires_at)
       VALUES (sha256(convert_to($1, 'UTF8')), 'wrong', 'link', 'bearer', false, 'x:/', protocol_now() + interval '1 minute')`,
      [state],
    );
    const goOn = () => browserAt().navigate(`/auth/upstream/wrong/go?state=${state}`, 'none');
    wrong.lie = { answers: (_, response) => Boolean(response.writeHead(500).end()) };
    for (const answer of [await start('wrong'), await goOn()])
      expect(answer.json).toMatchObject({ status: 503, code: 'upstream_unavailable', retryAfter: 1 });
    await service.advance(2);
    wrong.lie = { metadata: () => ({}) };
    for (const answer of [await start('wrong'), await goOn()])
      expect(answer.json).toMatchObject({ status: 502, code: 'upstream_invalid' });
  });

  it('a database that is away is a 503 before and after the provider', async () => {
    const broken = (statement: RegExp) => proxy.break(statement, { loses: 'query', share: 0, how: 'destroy' });
    const browser = browserAt();
    const callback = await browser.atProvider(await browser.begin(), 'ada');
    let fault = broken(/insert into "upstream_requests"/);
    expect(codeOf(await start('authentik'))).toBe('unavailable');
    expect(fault.hasHit).toBe(true);
    fault = broken(/delete from "upstream_requests"/);
    expect(codeOf(await browser.navigate(callback))).toBe('unavailable');
    expect(fault.hasHit).toBe(true);
    fault = broken(/select purpose, .* from "upstream_requests"/s);
    const state = new URL(callback, service.url).searchParams.get('state');
    expect(codeOf(await browser.navigate(`/auth/upstream/authentik/go?state=${state}`))).toBe('unavailable');
    expect(fault.hasHit).toBe(true);
    expect((await browser.navigate(callback)).status).toBe(204);
  });

  it('whoever brings forged states back is slowed down, and whoever begins too often', async () => {
    const known = browserAt();
    const callback = await known.atProvider(await known.begin(), 'ada');
    const cookies = new Map(known.jar);
    await known.navigate(callback);
    const replay = () => {
      const browser = browserAt();
      for (const [name, cookie] of cookies) browser.jar.set(name, cookie);
      return browser.navigate(callback);
    };
    for (let time = 0; time < 10; time++) expect(codeOf(await replay())).toBe('upstream_request_invalid');
    expect(codeOf(await replay())).toBe('too_many_attempts');
    let last = await start('authentik');
    for (let time = 0; time < 60 && last.status === 303; time++) last = await start('authentik');
    expect(last.json).toMatchObject({ status: 429, code: 'too_many_attempts' });
  });
});
