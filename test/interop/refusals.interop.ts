// Verifiers that others wrote accept the access tokens and refuse everything else. What this run finds is docs/verifiers.md.
import { createPublicKey } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { call, mobile } from '../support/client.js';
import { startServiceForTest } from '../support/service.js';
import { addService, basic, introspect, post, tokenOf } from '../support/services.js';
import { everyVerifier, installVerifiers } from './everyone.js';
import { type Findings, pageOf } from './page.js';
import { agedToken, wrongTokens } from './tokens.js';

beforeAll(installVerifiers, 600_000);

it('verifiers of others accept the tokens of people and services, and refuse forged, expired, foreign and wrong ones', async () => {
  const [issuer, audience, other] = ['http://auth.test', 'https://orders.test', 'https://bills.test'];
  const service = await startServiceForTest({ JWT_AUDIENCE: `${issuer},${audience}` });
  const jwksUri = `${service.url}/.well-known/jwks.json`;
  const { accessToken } = await mobile(service.url);
  const client = await addService(service, { scopes: ['orders.read', 'introspect'], resources: [audience, other] });
  const both = `grant_type=client_credentials&resource=${audience}&resource=${other}`;
  const forBoth = await post(service.url, '/oauth/token', both, basic(client));
  const good = [
    accessToken,
    await agedToken(service, accessToken),
    await tokenOf(service.url, client, { resource: audience }),
    String(forBoth.json['access_token']),
  ];
  const { keys } = (await call(service.url, 'GET', '/.well-known/jwks.json')).json as { keys: { kid: string }[] };
  const { kid } = JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()) as { kid: string };
  const key = createPublicKey({ key: keys.find((published) => published.kid === kid) as never, format: 'jwk' });
  const signed = await introspect(service.url, client, accessToken, { accept: 'application/token-introspection+jwt' });
  expect(signed.headers['content-type']).toBe('application/token-introspection+jwt');
  const feed = await call(service.url, 'GET', '/.well-known/revocations');
  expect(feed.headers['content-type']).toBe('application/revocations+jwt');
  const wrong = [
    ...(await wrongTokens(service, accessToken, key, audience)),
    { kind: 'type', what: 'a signed answer of introspection', token: signed.text } as const,
    { kind: 'type', what: 'the feed of revocations', token: feed.text } as const,
  ];

  const findings: Findings[] = [];
  for (const verifier of everyVerifier()) {
    const verify = await verifier.start({ issuer, audience, jwksUri });
    const objection = (token: string) => verify(token).catch(String);
    for (const token of good) {
      expect.soft([verifier.name, await objection(token)]).toEqual([verifier.name, undefined]);
    }
    const accepted = [];
    for (const each of wrong) if ((await objection(each.token)) === undefined) accepted.push(each);
    expect.soft([verifier.name, accepted.map(({ what }) => what)]).toEqual([verifier.name, []]);
    // Whoever refuses everything refuses these, too: it still accepts a good one.
    expect.soft([verifier.name, await objection(accessToken)]).toEqual([verifier.name, undefined]);
    findings.push({ verifier, accepted });
  }
  expect(findings.length).toBeGreaterThanOrEqual(10);
  await expect(await pageOf(findings, wrong)).toMatchFileSnapshot('../../docs/verifiers.md');
}, 180_000);
