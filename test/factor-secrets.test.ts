// The secrets of second factors are known to the search of logs, metrics, refusals and tables that ends every service.
import { expect, it } from 'vitest';
import { Secret } from 'otpauth';
import { bearer, call, mobile, register } from './support/client.js';
import { codeOf, factor, stepNow, ticketOf } from './support/factors.js';
import { leaksIn } from './support/leaks.js';
import { addService, introspect } from './support/services.js';
import { startServiceForTest } from './support/service.js';
import { stopTime } from './support/still-time.js';

it('a seed, a code, a ticket and a recovery code would be found wherever they stood', async () => {
  const service = await stopTime(await startServiceForTest());
  const person = await register(service.url);
  const { accessToken } = await mobile(service.url, person);
  const post = (path: string, body?: object) =>
    call(service.url, 'POST', path, { headers: bearer(accessToken), ...(body ? { body } : {}) });
  const begun = await post('/auth/factors/totp', {});
  expect(begun.status).toBe(201);
  const base32 = new URL(begun.json['uri']).searchParams.get('secret') ?? '';
  const seed = Buffer.from(Secret.fromBase32(base32).bytes);
  expect(seed).toHaveLength(20);
  const confirmed = await post(`/auth/factors/totp/${begun.json['id']}/confirm`, {
    code: codeOf(seed, (await stepNow(service)) - 1),
  });
  expect(confirmed.status).toBe(200);
  const codes = confirmed.json['recoveryCodes'] as string[];
  const ticket = await ticketOf(service, person);
  const totp = codeOf(seed, await stepNow(service));
  const signedIn = await factor(service, { ticket, totp });
  expect(signedIn.status).toBe(200);

  const ticketBytes = Buffer.from(ticket.slice(4), 'base64url').subarray(16, 48);
  const places: readonly [string, string][] = [
    [begun.json['uri'], 'the seed of an authenticator in base32'],
    [`row (${seed.toString('hex')})`, 'the seed of an authenticator in hex'],
    [`log ${seed.toString('base64')}`, 'the seed of an authenticator in base64'],
    [`{"ticket":"${ticket}"}`, 'ticket'],
    [`\\x${ticketBytes.toString('hex')}`, 'the secret of a ticket in hex'],
    [`{"totp":"${totp}"}`, 'the field totp'],
    [`it was ${codes[0]}`, 'a recovery code'],
    [`it was ${codes[9]?.replaceAll('-', '')}`, 'a recovery code without its hyphens'],
  ];
  for (const [text, name] of places) expect(leaksIn(text)).toContain(name);
  // The service is searched when it stops: neither its log nor its tables hold one of them.
});

it('a service that introspects a token learns how strong its sign-in was', async () => {
  const service = await startServiceForTest();
  const client = await addService(service);
  const { accessToken } = await mobile(service.url);
  const { json } = await introspect(service.url, client, accessToken);
  expect(json).toMatchObject({ active: true, amr: ['pwd'], acr: 'urn:watchword:1fa' });
});
