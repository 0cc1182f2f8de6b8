// A mobile app signs its user in at a provider: by the browser, and by a code that only the app can exchange.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, bearer, call, me, mobile, refresh, register } from './support/client.js';
import { noteSecret } from './support/leaks.js';
import { boundMobile, ClientKey, goesOnBound } from './support/key-proofs.js';
import { type Service, startService } from './support/service.js';
import { openUpstream, type Upstream } from './support/upstream-provider.js';
import { callbackOf, linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

const APP = 'com.example.app:/signed-in';
const WEB_APP = 'https://app.example.com/signed-in?in=1';

let service: Service;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await openUpstream([callbackOf('authentik')]);
  const settings = {
    ACCESS_TOKEN_BINDING: 'on',
    UPSTREAM_APP_CALLBACKS: `${APP},${WEB_APP}`,
    FAILURES_PER_ADDRESS: '10000',
  };
  service = await withProviders([upstream.entry], (known) => startService({ ...known, ...settings }));
});
afterAll(async () => {
  await service.stop();
  await upstream.close();
});

let name: string;
let userId: string;
beforeEach(async () => {
  name = `person ${randomBytes(4).toString('hex')}`;
  const { email } = await register(service.url);
  upstream.people.set(name, { email });
  userId = await linkUser(service, email, { issuer: upstream.issuer, subject: upstream.subjectOf(name) });
});

const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

function newVerifier(): string {
  const verifier = randomBytes(32).toString('base64url');
  noteSecret(verifier, 'the verifier of an app');
  return verifier;
}

const query = (verifier: string, more: Record<string, string> = {}) =>
  `?${new URLSearchParams({
    ...{ transport: 'bearer', return_to: APP, state: 'of-the-app' },
    ...{ code_challenge: challengeOf(verifier), code_challenge_method: 'S256', ...more },
  }).toString()}`;

/** @returns the code that the app gets */
async function codeFor(verifier: string, more: Record<string, string> = {}): Promise<string> {
  const answer = await new UpstreamBrowser(service.url).signIn(name, query(verifier, more));
  expect(answer.cookies.filter((line) => !line.startsWith('upstream-'))).toEqual([]);
  const code = new URL(String(answer.headers['location'])).searchParams.get('code') ?? '';
  noteSecret(code, 'the code of an app');
  return code;
}

const exchange = (code: string, codeVerifier: string, more: object = {}, headers = {}): Promise<Answer> =>
  call(service.url, 'POST', '/auth/upstream/exchange', { body: { code, codeVerifier, ...more }, headers });
const sessions = () => service.query<{ idle: string }>('SELECT FROM refresh_tokens WHERE user_id = $1', [userId]);

describe('an app', () => {
  it('that needs a key and shows none keeps its code', async () => {
    const strict = await withProviders([upstream.entry], (known) =>
      startService(
        { ...known, UPSTREAM_APP_CALLBACKS: APP, REQUIRE_BOUND_SESSIONS: 'bearer' },
        { databaseUrl: service.databaseUrl },
      ),
    );
    onTestFinished(() => strict.stop());
    const verifier = newVerifier();
    const body = { code: await codeFor(verifier), codeVerifier: verifier };
    const path = '/auth/upstream/exchange';
    const refused = await call(strict.url, 'POST', path, { body });
    expect([refused.status, refused.json['code']]).toEqual([400, 'dpop_proof_required']);
    const key = await ClientKey.make();
    const answer = await call(strict.url, 'POST', path, { body, headers: await key.headers(path) });
    await goesOnBound(strict.url, key, answer.json['refreshToken']);
  });

  it('gets a code by the browser, and a session for it', async () => {
    const verifier = newVerifier();
    const answer = await new UpstreamBrowser(service.url).signIn(name, query(verifier, { remember: 'true' }));
    const location = new URL(String(answer.headers['location']));
    expect(location.href.split('?')[0]).toBe(APP);
    expect([...location.searchParams.keys()]).toEqual(['code', 'state']);
    expect(location.searchParams.get('state')).toBe('of-the-app');
    const { status, json, cookies } = await exchange(location.searchParams.get('code') ?? '', verifier);
    expect([status, cookies]).toEqual([200, []]);
    expect(json).toMatchObject({ user: { id: userId }, session: { persistent: true }, tokenType: 'Bearer' });
    expect((await me(service.url, json['accessToken'])).json['id']).toBe(userId);
    expect((await refresh(service.url, json['refreshToken'])).status).toBe(200);
    expect(json['deviceToken']).toEqual(expect.any(String));
  });

  it('may have a query in its address', async () => {
    const answer = await new UpstreamBrowser(service.url).signIn(name, query(newVerifier(), { return_to: WEB_APP }));
    expect(String(answer.headers['location'])).toMatch(
      /^https:\/\/app\.example\.com\/signed-in\?in=1&code=wuc_[\w-]+&/,
    );
  });

  it('is told what went wrong, with its state', async () => {
    const answer = await new UpstreamBrowser(service.url).signIn('nobody of this name', query(newVerifier()));
    expect(answer.headers['location']).toBe(`${APP}?error=upstream_declined&state=of-the-app`);
  });

  it.each([
    ['another address', { return_to: 'com.example.evil:/signed-in' }],
    ['a longer address', { return_to: `${APP}/more` }],
    ['a shorter address', { return_to: APP.slice(0, -1) }],
    ['a query of its own', { return_to: `${APP}?x=1` }],
    ['another case', { return_to: APP.toUpperCase() }],
    ['an address of ours', { return_to: 'http://auth.test/account' }],
    ['no challenge', { code_challenge: '' }],
    ['a challenge that is none', { code_challenge: 'x'.repeat(42) }],
    ['a plain challenge', { code_challenge_method: 'plain' }],
    ['a state with a line break', { state: 'a\r\nb' }],
    ['a parameter that we do not know', { returnTo: APP }],
  ])('that names %s is refused without a redirect', async (_, wrong) => {
    const path = `/auth/upstream/authentik${query(newVerifier(), wrong)}`;
    const answer = await new UpstreamBrowser(service.url).navigate(path, 'none');
    expect(answer.json).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(answer.headers['location']).toBeUndefined();
  });

  it('cannot exchange a code with the verifier of another app; and then nobody can', async () => {
    const verifier = newVerifier();
    const code = await codeFor(verifier);
    expect((await exchange(code, newVerifier())).json['code']).toBe('upstream_request_invalid');
    expect((await exchange(code, verifier)).json['code']).toBe('upstream_request_invalid');
    expect(await sessions()).toEqual([]);
  });

  it.each(['', 'wuc_', `wuc_${'A'.repeat(70)}`, `wft_${'A'.repeat(70)}`])('cannot exchange %j', async (code) => {
    expect((await exchange(code, newVerifier())).json['code']).toBe('upstream_request_invalid');
  });

  it('exchanges a code once, of twenty attempts at once', async () => {
    const verifier = newVerifier();
    const code = await codeFor(verifier);
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(code, verifier)));
    const codes = answers.map(({ json }) => json['code'] as string | undefined);
    expect(codes.filter((each) => each === undefined)).toHaveLength(1);
    expect(codes.filter((each) => each === 'upstream_request_invalid')).toHaveLength(19);
    expect(await sessions()).toHaveLength(1);
  });

  it('has a minute for it', async () => {
    const [verifier, late] = [newVerifier(), newVerifier()];
    const [code, old] = [await codeFor(verifier), await codeFor(late)];
    await service.advance(30);
    expect((await exchange(code, verifier)).status).toBe(200);
    await service.advance(31);
    expect((await exchange(old, late)).json['code']).toBe('upstream_request_invalid');
  });

  it('gets nothing for a user who was disabled meanwhile', async () => {
    const verifier = newVerifier();
    const code = await codeFor(verifier);
    await service.query('UPDATE users SET disabled_at = protocol_now() WHERE id = $1', [userId]);
    expect((await exchange(code, verifier)).json['code']).toBe('invalid_credentials');
    expect(await sessions()).toEqual([]);
  });

  it('is asked to set a second factor up where the role of its user needs one', async () => {
    await service.query("UPDATE users SET role = 'admin' WHERE id = $1", [userId]);
    const verifier = newVerifier();
    const { json } = await exchange(await codeFor(verifier), verifier);
    expect(json).toMatchObject({ code: 'enrolment_required', ticket: expect.any(String) });
    expect(await sessions()).toEqual([]);
  });

  it('that guesses codes is slowed down as one that guesses passwords', async () => {
    const few = await withProviders([upstream.entry], (known) =>
      startService({ ...known, UPSTREAM_APP_CALLBACKS: APP, FAILURES_PER_ADDRESS: '10' }),
    );
    const guess = () =>
      call(few.url, 'POST', '/auth/upstream/exchange', { body: { code: 'wuc_', codeVerifier: 'v'.repeat(43) } });
    for (let time = 0; time < 10; time++) expect((await guess()).status).toBe(400);
    expect((await guess()).json['code']).toBe('too_many_attempts');
    await few.stop();
  });
});

describe('an app that connects a provider', () => {
  interface Connecting {
    readonly verifier: string;
    readonly code: string;
    readonly phone: Awaited<ReturnType<typeof mobile>>;
  }

  /** Tests before have put the service's clock forward. */
  const ofNow = async () => {
    const [now] = await service.query<{ iat: number }>('SELECT extract(epoch FROM protocol_now())::int AS iat');
    return { claims: { iat: now?.iat } };
  };

  /** As far as the code. @param at whose login it is there */
  async function connecting(at = `new ${name}`, key?: ClientKey): Promise<Connecting> {
    upstream.people.set(at, { email: `${randomBytes(8).toString('hex')}@example.com` });
    const [verifier, phone] = [
      newVerifier(),
      await (key ? boundMobile(service.url, key, undefined, await ofNow()) : mobile(service.url)),
    ];
    const body = { returnTo: APP, codeChallenge: challengeOf(verifier), state: 'of-the-app' };
    const path = '/auth/upstream/authentik/link';
    const headers = key ? await key.access(phone.accessToken, path, await ofNow()) : bearer(phone.accessToken);
    const begun = await call(service.url, 'POST', path, { body, headers });
    expect(begun.cookies).toEqual([]);
    const go = new URL(begun.json['location'] as string);
    noteSecret(go.searchParams.get('state'), 'a state');
    const browser = new UpstreamBrowser(service.url);
    const gone = await browser.navigate(go.pathname + go.search, 'none');
    expect(gone.status).toBe(303);
    const back = await browser.navigate(await browser.atProvider(new URL(String(gone.headers['location'])), at));
    const location = new URL(String(back.headers['location']));
    expect([location.href.split('?')[0], location.searchParams.get('state')]).toEqual([APP, 'of-the-app']);
    const code = location.searchParams.get('code') ?? '';
    noteSecret(code, 'the code of an app');
    return { verifier, code, phone };
  }

  const owners = (at = `new ${name}`) =>
    service.query('SELECT user_id FROM upstream_identities WHERE subject = $1', [upstream.subjectOf(at)]);
  const whole = ({ code, verifier }: Connecting, token: string) => exchange(code, verifier, {}, bearer(token));

  it('makes no link for a copy of an access token without its key', async () => {
    const key = await ClientKey.make();
    const path = '/auth/upstream/exchange';
    const expected = [];
    for (const headersOf of [
      (token: string) => Promise.resolve(bearer(token)),
      (token: string) => Promise.resolve({ authorization: `DPoP ${token}` }),
      (token: string) => ofNow().then((now) => key.access(token, path, now)),
    ]) {
      const { code, verifier, phone } = await connecting(undefined, key);
      const answer = await exchange(code, verifier, {}, await headersOf(phone.accessToken));
      expected.push(answer.json['code'] ?? answer.status);
    }
    expect(expected).toEqual(['dpop_scheme_mismatch', 'dpop_access_proof_invalid', 204]);
  });

  it('sends a browser without any cookie to the provider, and makes the link with the code', async () => {
    const link = await connecting();
    expect(await owners()).toEqual([]);
    expect((await whole(link, link.phone.accessToken)).status).toBe(204);
    expect(await owners()).toEqual([{ user_id: link.phone.user.id }]);
    expect((await refresh(service.url, link.phone.refreshToken)).status).toBe(200);
    // From then on it signs in.
    const [verifier, before] = [newVerifier(), name];
    name = `new ${before}`;
    expect((await exchange(await codeFor(verifier), verifier)).json['user'].id).toBe(link.phone.user.id);
  });

  it('cannot finish what another session has begun: a lured browser gives its identity to nobody', async () => {
    const link = await connecting();
    const other = await mobile(service.url, link.phone.person);
    expect((await whole(link, other.accessToken)).json['code']).toBe('upstream_request_invalid');
    expect((await whole(link, link.phone.accessToken)).json['code']).toBe('upstream_request_invalid');
    expect(await owners()).toEqual([]);
  });

  it("cannot take somebody else's identity over", async () => {
    const link = await connecting(name);
    expect((await whole(link, link.phone.accessToken)).json['code']).toBe('identity_taken');
    expect(await owners(name)).toEqual([{ user_id: userId }]);
  });

  it('has ten at most', async () => {
    const link = await connecting();
    await service.query(
      `INSERT INTO upstream_identities (user_id, issuer, subject, id, linked_at)
       SELECT $1, 'https://' || n || '.example/', 'x', gen_random_uuid(), protocol_now() FROM generate_series(1, 10) n`,
      [link.phone.user.id],
    );
    expect((await whole(link, link.phone.accessToken)).json['code']).toBe('too_many_factors');
    expect(await owners()).toEqual([]);
  });

  it.each([
    ['without an access token', 'unauthenticated', ({ code, verifier }: Connecting) => exchange(code, verifier)],
    [
      'with the token of a session that ended',
      'token_revoked',
      async (link: Connecting) => {
        await call(service.url, 'POST', '/auth/logout', { headers: bearer(link.phone.accessToken) });
        return whole(link, link.phone.accessToken);
      },
    ],
    [
      'with a token from before a change of the user',
      'token_stale',
      async (link: Connecting) => {
        const changed = 'UPDATE users SET token_version = token_version + 1 WHERE id = $1';
        await service.query(changed, [link.phone.user.id]);
        return whole(link, link.phone.accessToken);
      },
    ],
    [
      'with an old token',
      'token_expired',
      async (link: Connecting) => {
        await service.query("UPDATE upstream_codes SET expires_at = expires_at + interval '1 hour'");
        await service.advance(16 * 60);
        return whole(link, link.phone.accessToken);
      },
    ],
  ])('gets no link %s', async (_, code, ask) => {
    expect((await ask(await connecting())).json['code']).toBe(code);
    expect(await owners()).toEqual([]);
  });

  it.each(['', '?state=x', `?state=${'x'.repeat(43)}`])(
    'goes nowhere with a state that nobody began (%s)',
    async (wrong) => {
      const answer = await new UpstreamBrowser(service.url).navigate(`/auth/upstream/authentik/go${wrong}`, 'none');
      const page = new URL(String(answer.headers['location']));
      expect([page.pathname, page.searchParams.get('error')]).toEqual(['/account/sign-in', 'upstream_request_invalid']);
      expect(answer.cookies).toEqual([]);
    },
  );

  it('is the only one who may: the state of a browser that signs in is not put into another browser', async () => {
    const state = (await new UpstreamBrowser(service.url).begin()).searchParams.get('state');
    const answer = await new UpstreamBrowser(service.url).navigate(
      `/auth/upstream/authentik/go?state=${state}`,
      'none',
    );
    expect(String(answer.headers['location'])).toContain('error=upstream_request_invalid');
    expect(answer.cookies).toEqual([]);
  });
});
