// Whatever bytes come in place of a passkey's: they are refused, and nothing breaks.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Authenticator } from './support/authenticator.js';
import { bearer, call, mobile } from './support/client.js';
import { holder, optionsOf, signInBy, signInWith } from './support/passkeys.js';
import './support/seed.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ FAILURES_PER_ADDRESS: '100000' });
});
afterAll(() => service.stop());

type Json = Record<string, any>;

/** One part of the answer, as bytes, with some of them others, cut off or more. */
const spoiling = fc.record({
  part: fc.nat(3),
  at: fc.nat(400),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  cut: fc.boolean(),
});
type Spoiling = typeof spoiling extends fc.Arbitrary<infer T> ? T : never;

function spoiled(credential: Json, { part, at, bytes, cut }: Spoiling): Json {
  const response = credential['response'] as Record<string, string | string[]>;
  const parts = Object.entries(response).filter(([, value]) => typeof value === 'string') as [string, string][];
  const [name = '', text = ''] = parts[part % parts.length] ?? [];
  const whole = Buffer.from(text, 'base64url');
  const from = at % (whole.length + 1);
  const rest = cut ? Buffer.alloc(0) : whole.subarray(from + bytes.length);
  const changed = Buffer.concat([whole.subarray(0, from), bytes, rest]);
  return { ...credential, response: { ...response, [name]: changed.toString('base64url') } };
}

const isSame = (one: Json, other: Json) => JSON.stringify(one) === JSON.stringify(other);

it('a spoiled answer signs nobody in, and is no error of the service', async () => {
  // EdDSA: of ECDSA's signatures the library ignores bytes after the end, which is harmless (a challenge counts once).
  const { key } = await holder(service, new Authenticator(-8));
  const good = key.get(await optionsOf(service));
  await fc.assert(
    fc.asyncProperty(spoiling, async (how) => {
      const credential = spoiled(good, how);
      fc.pre(!isSame(credential, good));
      expect([400, 401]).toContain((await signInWith(service, credential)).status);
    }),
    { numRuns: 150 },
  );
  expect((await signInBy(service, key)).status).toBe(200);
});

it('a spoiled registration enrols nothing but a passkey of the same challenge, and is no error of the service', async () => {
  const phone = await mobile(service.url);
  const headers = bearer(phone.accessToken);
  const { json } = await call(service.url, 'POST', '/auth/factors/passkeys/options', { headers });
  const good = new Authenticator().create(json);
  await fc.assert(
    fc.asyncProperty(spoiling, async (how) => {
      const credential = spoiled(good, how);
      fc.pre(how.part % 2 === 1 || how.cut); // without attestation the maker vouches for no byte of the key
      fc.pre(!isSame(credential, good));
      const answer = await call(service.url, 'POST', '/auth/factors/passkeys', { body: { credential }, headers });
      expect([201, 400, 403, 409, 422]).toContain(answer.status);
    }),
    { numRuns: 100 },
  );
});
