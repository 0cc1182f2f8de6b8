// The proxies of examples/: they let good tokens through, tell the application who calls, and refuse all others.
import { createPublicKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Config } from '../../src/config/config.js';
import { KeyStore } from '../../src/keys/key-store.js';
import { planRotation, policyOf } from '../../src/keys/rotation.js';
import { bearer, call, callOther, decode, mobile } from '../support/client.js';
import { type Service, startServiceForTest } from '../support/service.js';
import { installVerifiers } from './everyone.js';
import { folderFor } from './programs.js';
import { refreshKeys, startHaproxy, startNginx } from './servers.js';
import { wrongTokens } from './tokens.js';

beforeAll(installVerifiers, 600_000);

const jwksOf = (service: Service) => `${service.url}/.well-known/jwks.json`;
const [issuer, audience] = ['http://auth.test', 'https://orders.test'];
const given = (jwksUri: string) => ({ issuer, audience, jwksUri });
const startIssuer = () => startServiceForTest({ JWT_AUDIENCE: `${issuer},${audience}` });

describe.each([
  ['nginx with njs', startNginx],
  ['HAProxy', startHaproxy],
])('%s of examples/', (_name, start) => {
  it('tells the application who calls, whatever the caller says, and lets nobody else through', async () => {
    const service = await startIssuer();
    const proxy = `http://127.0.0.1:${await start(given(jwksOf(service)))}`;
    const { accessToken, user } = await mobile(service.url);
    const claimed = { 'x-user-id': 'somebody else', 'x-user-role': 'admin' };
    const good = { ...bearer(accessToken), ...claimed };
    const answer = await callOther(proxy, 'POST', '/orders?page=1', { headers: good, body: { some: 'thing' } });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json).toEqual({
      method: 'POST',
      path: '/orders?page=1',
      body: '{"some":"thing"}',
      user: user.id,
      role: 'user',
    });

    const { kid } = decode(accessToken, 0);
    const { keys } = (await call(service.url, 'GET', '/.well-known/jwks.json')).json as { keys: { kid: string }[] };
    const published = keys.find((key) => key.kid === kid) as never;
    const wrong = await wrongTokens(service, accessToken, createPublicKey({ key: published, format: 'jwk' }), audience);
    const refused = [
      ...wrong.map(({ token }) => bearer(token)),
      {},
      { authorization: 'Basic YTpi' },
      bearer('x'),
      bearer(''),
    ];
    for (const headers of refused) {
      const { status, headers: answered } = await callOther(proxy, 'GET', '/orders', {
        headers: { ...headers, ...claimed },
      });
      expect([headers, status, answered['www-authenticate']]).toEqual([headers, 401, expect.stringMatching(/^Bearer/)]);
    }
  });
});

it('nginx answers 503 while it has no keys, and goes on with those it has while the issuer is away', async () => {
  const service = await startIssuer();
  const { accessToken } = await mobile(service.url);
  const state = { isAway: true, refused: 0 };
  const front = createServer((_request, response) => {
    if (state.isAway) {
      state.refused++;
      response.writeHead(500).end();
      return;
    }
    const answer = (keys: string) => response.writeHead(200, { 'cache-control': 'max-age=1' }).end(keys);
    fetch(jwksOf(service)).then(
      async (keys) => answer(await keys.text()),
      () => response.destroy(),
    );
  });
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
  onTestFinished(() => void front.close());
  const port = (front.address() as { port: number }).port;
  const proxy = `http://127.0.0.1:${await startNginx(given(`http://127.0.0.1:${port}/jwks.json`))}`;
  const status = async () => (await callOther(proxy, 'GET', '/', { headers: bearer(accessToken) })).status;
  expect(await status()).toBe(503);
  state.isAway = false;
  expect(await status()).toBe(200);
  state.isAway = true;
  const { refused } = state;
  while (state.refused === refused) expect(await status()).toBe(200); // until nginx has asked for keys again
  expect(await status()).toBe(200);
});

it('refresh-keys.py reports a change of the keys, leaves them alone otherwise, and keeps them through an outage', async () => {
  const service = await startIssuer();
  const folder = folderFor('keys');
  expect((await refreshKeys(jwksOf(service), folder)).code).toBe(10);
  const files = ['1.pem', '2.pem', '3.pem', '4.pem', 'kids.map'].map((name) => join(folder, name));
  const state = () => files.map((file) => [readFileSync(file, 'utf8'), statSync(file).mtimeMs]);
  const before = state();
  expect((await refreshKeys(jwksOf(service), folder)).code).toBe(0);
  expect((await refreshKeys(`${service.url}/nothing`, folder)).code).toBe(1);
  expect(state()).toEqual(before);

  const policy = policyOf(service.app.get(Config));
  await service.app.get(KeyStore).change((keys, now) => planRotation(keys, now, policy, true), null);
  await service.advance(40);
  expect((await refreshKeys(jwksOf(service), folder)).code).toBe(10);
  const { kid } = decode((await mobile(service.url)).accessToken, 0);
  expect(readFileSync(join(folder, 'kids.map'), 'utf8')).toContain(`${kid} `);
});
