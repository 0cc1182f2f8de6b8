// A mobile app signs its user in at a provider: by the browser, and by a code that only the app can exchange.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamRequests } from '../src/upstream/upstream-requests.js';
import { Providers } from '../src/upstream/providers.js';
import { type Answer, bearer, call, me, mobile, refresh, register } from './support/client.js';
import { noteSecret } from './support/leaks.js';
import { type Service, startService } from './support/service.js';
import { openUpstream, type Upstream } from './support/upstream-provider.js';
import { callbackOf, linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

const APP = 'com.example.app:/signed-in';
const WEB_APP = 'https://app.example.com/signed-in?in=1';

let service: Service;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await openUpstream([callbackOf('authentik')]);
  const settings = { UPSTREAM_APP_CALLBACKS: `${APP},${WEB_APP}`, FAILURES_PER_ADDRESS: '10000' };
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
    await service.advance(50);
    expect((await exchange(code, verifier)).status).toBe(200);
    await service.advance(11);
    expect((await exchange(old, late)).json['code']).toBe('upstream_request_invalid');
  });

  it('gets nothing for a user who was disabled meanwhile', async () => {
    const verifier = newVerifier();
    const code = await codeFor(verifier);
    await service.query('UPDATE users SET disabled_at = protocol_now() WHERE id = $1', [userId]);
    expect((await exchange(code, verifier)).json['code']).toBe('invalid_credentials');
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
  async function begun(verifier: string) {
    const phone = await mobile(service.url);
    const provider = service.app.get(Providers, { strict: false }).named('authentik');
    const { state } = await service.app.get(UpstreamRequests, { strict: false }).begin(provider, {
      ...{ purpose: 'link', transport: 'bearer', persistent: false, returnTo: APP, appState: 'of-the-app' },
      ...{ appChallenge: challengeOf(verifier), userId: phone.user.id, sessionId: phone.session.id },
    });
    noteSecret(state, 'a state');
    return { phone, state };
  }

  it('sends a browser without any cookie on to the provider, and gets a code', async () => {
    const verifier = newVerifier();
    const { state } = await begun(verifier);
    const browser = new UpstreamBrowser(service.url);
    const gone = await browser.navigate(`/auth/upstream/authentik/go?state=${state}`, 'none');
    expect(gone.status).toBe(303);
    const answer = await browser.navigate(await browser.atProvider(new URL(String(gone.headers['location'])), name));
    const code = new URL(String(answer.headers['location'])).searchParams.get('code') ?? '';
    noteSecret(code, 'the code of an app');
    const linksOf = () =>
      service.query('SELECT user_id FROM upstream_identities WHERE subject = $1', [upstream.subjectOf(name)]);
    const before = await linksOf();
    // Of no use without the session that began, and with another one.
    const other = await mobile(service.url);
    expect((await exchange(code, verifier, {}, bearer(other.accessToken))).json['code']).toBe(
      'upstream_request_invalid',
    );
    expect(await linksOf()).toEqual(before);
  });

  it('needs an access token for the exchange: none, one of a dead session, an old one are refused', async () => {
    const ask = async (headers: object, before?: (phone: Awaited<ReturnType<typeof mobile>>) => Promise<unknown>) => {
      const verifier = newVerifier();
      const { phone, state } = await begun(verifier);
      const browser = new UpstreamBrowser(service.url);
      const gone = await browser.navigate(`/auth/upstream/authentik/go?state=${state}`, 'none');
      const answer = await browser.navigate(await browser.atProvider(new URL(String(gone.headers['location'])), name));
      const code = new URL(String(answer.headers['location'])).searchParams.get('code') ?? '';
      noteSecret(code, 'the code of an app');
      await before?.(phone);
      const authorization = before ? bearer(phone.accessToken) : headers;
      return (await exchange(code, verifier, {}, authorization)).json['code'] as unknown;
    };
    expect(await ask({})).toBe('unauthenticated');
    const logout = ({ accessToken }: { accessToken: string }) =>
      call(service.url, 'POST', '/auth/logout', { headers: bearer(accessToken) });
    expect(await ask({}, logout)).toBe('token_revoked');
    const stale = ({ user }: { user: { id: string } }) =>
      service.query('UPDATE users SET token_version = token_version + 1 WHERE id = $1', [user.id]);
    expect(await ask({}, stale)).toBe('token_stale');
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
