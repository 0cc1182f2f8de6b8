// Verifiers that others wrote accept the access tokens and refuse everything else. What this run finds is docs/verifiers.md.
import { createPublicKey } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { call, mobile } from '../support/client.js';
import { startServiceForTest } from '../support/service.js';
import { everyVerifier, installVerifiers } from './everyone.js';
import { type Findings, pageOf } from './page.js';
import { agedToken, serviceToken, wrongTokens } from './tokens.js';

beforeAll(installVerifiers, 600_000);

it('verifiers of others accept the tokens of people and services, and refuse forged, expired, foreign and wrong ones', async () => {
  const service = await startServiceForTest();
  const [issuer, jwksUri] = ['http://auth.test', `${service.url}/.well-known/jwks.json`];
  const { accessToken } = await mobile(service.url);
  const claims = { iss: issuer, aud: issuer };
  const good = {
    people: [accessToken, await agedToken(service, accessToken)],
    services: [
      await serviceToken(service, claims),
      await serviceToken(service, { ...claims, aud: [issuer, 'https://another.test'] }),
    ],
  };
  const { keys } = (await call(service.url, 'GET', '/.well-known/jwks.json')).json as { keys: { kid: string }[] };
  const { kid } = JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()) as { kid: string };
  const key = createPublicKey({ key: keys.find((published) => published.kid === kid) as never, format: 'jwk' });
  const wrong = await wrongTokens(service, accessToken, key);

  const findings: Findings[] = [];
  for (const verifier of everyVerifier()) {
    const verify = await verifier.start({ issuer, audience: issuer, jwksUri });
    const objection = (token: string) => verify(token).catch(String);
    for (const token of [...good.people, ...good.services]) {
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
