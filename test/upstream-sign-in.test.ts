// Signing in at a provider (docs/protocols/upstream.md), against a real one in Authentik's shape.
import { expect, it } from 'vitest';
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
});
