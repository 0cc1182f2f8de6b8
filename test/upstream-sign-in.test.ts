// Signing in at a provider (docs/protocols/upstream.md), against a real one in Authentik's shape.
import { expect, it } from 'vitest';
import { Metrics } from '../src/telemetry/metrics.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

it('somebody who is known signs in at the provider, and comes back with a session', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const { userId } = await linkedUser(service, upstream.issuer, 'ada');
  const browser = new UpstreamBrowser(service.url);
  const answer = await browser.signIn('ada');
  expect(answer.headers['location']).toBe('http://auth.test/account');
  const { json } = await browser.go('GET', '/auth/me');
  expect(json).toMatchObject({ id: userId, methods: [] });
  const persistent = () =>
    service.query('SELECT persistent FROM refresh_tokens WHERE user_id = $1 AND NOT revoked', [userId]);
  expect(await persistent()).toEqual([{ persistent: false }]);
  // A second sign-in takes the place of the first one's session.
  await browser.signIn('ada', '?remember=true');
  expect(await persistent()).toEqual([{ persistent: true }]);
  const figures = await service.app.get(Metrics).registry.metrics();
  expect(figures).toContain('watchword_upstream_answers_total{provider="authentik",outcome="signed_in"} 2');
});

it('the request asks for no more than it needs, and holds no secret', async () => {
  const { service } = await startWithUpstream();
  const { searchParams } = await new UpstreamBrowser(service.url).begin();
  const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(searchParams);
  for (const random of [state, nonce, challenge]) expect(random).toMatch(/^[\w-]{43}$/);
  expect(rest).toEqual({
    ...{ client_id: 'watchword', response_type: 'code', scope: 'openid profile email' },
    ...{ redirect_uri: 'http://auth.test/auth/upstream/authentik/callback', code_challenge_method: 'S256' },
  });
});

it('the state is in a cookie that no sibling can plant, and the database has neither it nor what follows from it', async () => {
  const { service } = await startWithUpstream({ settings: { PUBLIC_URL: 'https://auth.test' } });
  const browser = new UpstreamBrowser(service.url);
  const answer = await browser.navigate('/auth/upstream/authentik', 'none');
  const { searchParams } = new URL(String(answer.headers['location']));
  const state = searchParams.get('state') ?? '';
  expect(answer.cookies).toEqual([
    expect.stringMatching(
      new RegExp(`^__Host-upstream-[\\w-]{8}=${state}; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax$`),
    ),
  ]);
  const [row] = await service.query('SELECT t::text AS row FROM upstream_requests t');
  for (const secret of [state, searchParams.get('nonce') ?? '']) {
    expect(secret).toHaveLength(43);
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(String(row?.['row'])).not.toContain(Buffer.from(secret, 'base64url').toString(encoding));
  }
});

it('a provider that is asked for two factors by `acr` is told so', async () => {
  const secondFactor = { claim: 'acr', values: ['mfa', 'phr'] };
  const { service } = await startWithUpstream({ entry: { secondFactor } });
  expect((await new UpstreamBrowser(service.url).begin()).searchParams.get('acr_values')).toBe('mfa phr');
});

it('somebody who comes to set a second factor up is led to it', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const { userId } = await linkedUser(service, upstream.issuer, 'ada');
  await service.query("UPDATE users SET role = 'admin' WHERE id = $1", [userId]);
  const browser = new UpstreamBrowser(service.url);
  const answer = await browser.signIn('ada', '?return_to=/account/devices');
  expect(answer.headers['location']).toBe(
    `http://auth.test/account/enrol?due=upstream&return_to=${encodeURIComponent('http://auth.test/account/devices')}`,
  );
  expect([...browser.jar.keys()]).toContain('enrol');
});

it.each(['/auth/upstream/nobody', '/auth/upstream/nobody/callback?state=x', '/auth/upstream/nobody/go'])(
  'a provider that nobody knows is explained by a page (%s)',
  async (path) => {
    const { service } = await startWithUpstream();
    const answer = await new UpstreamBrowser(service.url).navigate(path, 'none');
    expect(answer.headers['location']).toBe('http://auth.test/account/sign-in?upstream=unknown&error=not_found');
  },
);
