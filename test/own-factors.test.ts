// What signed-in users see of their second factors.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bearer, call, mobile } from './support/client.js';
import { enrolled, factor, ticketOf } from './support/factors.js';
import { addPasskey } from './support/passkeys.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const list = (token: string) => call(service.url, 'GET', '/auth/factors', { headers: bearer(token) });

it('are listed with their names and times, and no secret of one can be read again', async () => {
  const { person, userId, authenticatorId, code } = await enrolled(service);
  const { accessToken } = (await factor(service, { ticket: await ticketOf(service, person), totp: await code() })).json;
  await addPasskey(service, userId, person.email);
  const { status, json } = await list(accessToken);
  expect(status).toBe(200);
  expect(json).toEqual({
    totp: [{ id: authenticatorId, name: null, createdAt: expect.stringMatching(/Z$/) }],
    passkeys: [
      {
        id: expect.any(String),
        name: expect.any(String),
        aaguid: expect.any(String),
        createdAt: expect.stringMatching(/Z$/),
        lastUsedAt: null,
        backedUp: expect.any(Boolean),
      },
    ],
    recoveryCodesLeft: 10,
  });
});

it('of an account that has none are none; nobody sees those of another', async () => {
  await enrolled(service);
  const { accessToken } = await mobile(service.url);
  expect((await list(accessToken)).json).toEqual({ totp: [], passkeys: [], recoveryCodesLeft: 0 });
});
