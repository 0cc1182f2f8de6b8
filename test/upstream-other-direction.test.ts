// The other direction: another program's OpenID client reads our discovery document, verifies our access tokens, and takes
// nothing of the provider for ours. Neither does our own guard.
import { randomUUID } from 'node:crypto';
import { type CryptoKey, createRemoteJWKSet, customFetch, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { expect, it } from 'vitest';
import { decode, me } from './support/client.js';
import { noteSecret } from './support/leaks.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

const ISSUER = 'http://auth.test';

async function start() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(privateKey)), kid: 'first', alg: 'RS256', use: 'sig' }] };
  const { service, upstream } = await startWithUpstream({ wanted: { jwks } });
  upstream.people.set('ada', { email: 'ada@example.com' });
  const { userId } = await linkedUser(service, upstream.issuer, 'ada');
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  const ours = browser.cookie('access_token')?.value ?? '';
  const { json } = await browser.go('POST', '/auth/logout?upstream=true');
  const idToken = new URL(json['location']).searchParams.get('id_token_hint') ?? '';
  const again = new UpstreamBrowser(service.url);
  await again.signIn('ada');
  const alive = again.cookie('access_token')?.value ?? '';
  return { service, upstream, userId, alive, ours, theirs: await theirsOf(privateKey, { alive, idToken, upstream }) };
}

interface Given {
  readonly alive: string;
  readonly idToken: string;
  readonly upstream: { readonly issuer: string };
}

/** Tokens that only the provider's key has signed. */
async function theirsOf(key: CryptoKey, { alive, idToken, upstream }: Given): Promise<Record<string, string>> {
  const claims = { ...decode(alive), jti: randomUUID() };
  const signed = (payload: object, header: object) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header }).sign(key);
  const tokens = {
    'its ID token': idToken,
    'an access token of its own': await signed({ ...claims, iss: upstream.issuer }, { kid: 'first' }),
    'one that names our issuer': await signed(claims, { kid: 'first' }),
    'one that names our key, too': await signed(claims, { kid: decode(alive, 0)['kid'] as string }),
    'one that names our issuer and none of the keys': await signed(claims, {}),
  };
  for (const token of Object.values(tokens)) noteSecret(token, "a token of the provider's key");
  return tokens;
}

it('another program verifies our tokens by our discovery document, and refuses those of the provider', async () => {
  const { service, alive, theirs } = await start();
  const toService = (url: string | URL | Request, init?: object) =>
    fetch(String(url instanceof Request ? url.url : url).replace(ISSUER, service.url), init);

  const options = { execute: [client.allowInsecureRequests], [client.customFetch]: toService };
  const known = await client.discovery(new URL(ISSUER), 'somebody', undefined, client.None(), options);
  const { issuer, jwks_uri: keys = '' } = known.serverMetadata();
  expect(issuer).toBe(ISSUER);
  const keySet = createRemoteJWKSet(new URL(keys), { [customFetch]: toService });
  const byOpenidClient = (token: string) => jwtVerify(token, keySet, { issuer, audience: ISSUER, typ: 'at+jwt' });

  const discovered = await oauth.discoveryRequest(new URL(ISSUER), {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: toService,
  });
  const server = await oauth.processDiscoveryResponse(new URL(ISSUER), discovered);
  const byOauth4webapi = (token: string) => {
    const request = new Request('http://orders.test/', { headers: { authorization: `Bearer ${token}` } });
    return oauth.validateJwtAccessToken(server, request, ISSUER, {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: toService,
    });
  };
  for (const verify of [byOpenidClient, byOauth4webapi]) {
    await expect(verify(alive)).resolves.toBeTruthy();
    for (const token of Object.values(theirs)) await expect(verify(token)).rejects.toThrow(/./);
  }
});

it('our own guard takes no token of the provider, however it is dressed', async () => {
  const { service, alive, ours, theirs } = await start();
  expect((await me(service.url, alive)).status).toBe(200);
  for (const [name, token] of Object.entries({ ...theirs, 'one of a session that is over': ours })) {
    const answer = await me(service.url, token);
    expect([name, answer.status]).toEqual([name, 401]);
  }
});
