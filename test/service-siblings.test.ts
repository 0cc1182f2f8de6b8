// A sibling with @watchword/verifier and the feed: which tokens of services it accepts, and when it hears of their end.
import { expect, it, onTestFinished } from 'vitest';
import { createVerifier, isVerificationError } from '../packages/verifier/src/main.js';
import { startServiceForTest } from './support/service.js';
import { addService, endPrevious, introspect, removed, revoke, rotated, tokenOf } from './support/services.js';
import { until } from './support/until.js';

const ORDERS = 'https://orders.test';

it('a sibling hears of the end of a service, of a secret and of one token, and of no other', async () => {
  // fetch keeps its connections for as long as the service does, and the service waits for them when it stops.
  const service = await startServiceForTest({ PUBLIC_URL: 'https://auth.test', KEEP_ALIVE_SECONDS: '1' });
  const verifier = createVerifier({
    issuer: 'https://auth.test',
    audience: ORDERS,
    fetch: (input, init) => {
      const url = input instanceof Request ? input.url : input.toString();
      return fetch(url.replace('https://auth.test', service.url), init);
    },
  });
  onTestFinished(() => verifier.close());
  const rights = { scopes: ['orders.read'], resources: [ORDERS, 'https://bills.test'] };
  const add = () => addService(service, rights);
  const [asker, gone, changed, calm] = [await addService(service), await add(), await add(), await add()];
  const got = (client: typeof gone, resource = ORDERS) => tokenOf(service.url, client, { resource });
  const refusalOf = (token: string) =>
    verifier.verify(token).then(
      () => undefined,
      (error: unknown) => (isVerificationError(error) ? error.code : Promise.reject(error as Error)),
    );

  const kept = await got(calm);
  const claims = await verifier.verify(kept);
  expect([claims.sub, claims.sid, claims.scope]).toEqual([calm.clientId, undefined, 'orders.read']);
  expect(await refusalOf(await got(calm, 'https://bills.test'))).toBe('unauthenticated');

  const [ofGone, old, single] = [await got(gone), await got(changed), await got(calm)];
  const now = await rotated(service, changed);
  const fresh = await got(now);
  for (const token of [ofGone, old, single, fresh]) expect(await refusalOf(token)).toBeUndefined();
  await removed(service, gone);
  await endPrevious(service, now);
  await revoke(service.url, asker, single);
  for (const token of [ofGone, old, single]) {
    await until('the sibling refuses it', async () => (await refusalOf(token)) !== undefined);
    expect((await introspect(service.url, { ...asker }, token)).json['active']).toBe(false);
  }
  for (const token of [kept, fresh]) expect(await refusalOf(token)).toBeUndefined();
});
