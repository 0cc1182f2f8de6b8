// Verifiers that others wrote refuse no token while keys rotate under load.
import { beforeAll, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import { KeyRing } from '../../src/keys/key-ring.js';
import { KeyStore } from '../../src/keys/key-store.js';
import { planRotation, policyOf } from '../../src/keys/rotation.js';
import { decode, me, mobile } from '../support/client.js';
import { rotateUnderLoad, setTime, startFleet, startFront } from '../support/rotation-under-load.js';
import type { Service } from '../support/service.js';
import { everyVerifier, installVerifiers } from './everyone.js';

beforeAll(installVerifiers, 600_000);

it('no verifier refuses a token while the keys rotate, though one instance does not look', async () => {
  const fleet = await startFleet(3);
  const front = await startFront(fleet);
  const issuer = { issuer: 'http://auth.test', audience: 'http://auth.test', jwksUri: front.url };
  const verifiers = [];
  for (const each of everyVerifier()) verifiers.push({ name: each.name, verify: await each.start(issuer) });
  // Each does its work: a good token passes, the same with another signature does not.
  const { accessToken } = await mobile(fleet[0]!.url);
  const [head, body] = accessToken.split('.');
  const forged = `${head}.${body}.${Buffer.alloc(256, 1).toString('base64url')}`;
  for (const { name, verify } of verifiers) {
    expect([name, await verify(accessToken)]).toEqual([name, undefined]);
    expect([name, await verify(forged).catch(String)]).toEqual([name, expect.any(String)]);
  }
  const outcome = await rotateUnderLoad(fleet, verifiers);
  process.stdout.write(
    `${JSON.stringify({ shown: outcome.shown, fetched: front.served(), refused: outcome.refused.length })}\n`,
  );
  expect(outcome.refused).toEqual([]);
  expect(outcome.kids).toHaveLength(2);

  // Did the test look? A key that was not published ahead is refused by a verifier that does not fetch again, and by
  // nobody else of ours.
  const [first] = fleet as [Service];
  const policy = policyOf(first.app.get(Config));
  await first.app.get(KeyStore).change((keys, now) => planRotation(keys, now, policy, true), null);
  await setTime(fleet, 40);
  await Promise.all(fleet.map(({ app }) => app.get(KeyRing).reload()));
  const young = await mobile(first.url);
  expect(outcome.kids).not.toContain(decode(young.accessToken, 0)['kid']);
  for (const { url } of fleet) expect((await me(url, young.accessToken)).status).toBe(200);
  for (const { name, verify } of verifiers.filter(({ name: of }) => /njs|jwt_verify/.test(of))) {
    expect([name, await verify(young.accessToken)]).toEqual([name, expect.stringMatching(/^401/)]);
  }
}, 300_000);
