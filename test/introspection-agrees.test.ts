// F8: introspection agrees with the routes of this service for every state that a token can be in.
import fc from 'fast-check';
import { SignJWT, importPKCS8 } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../src/keys/key-ring.js';
import { planRevocation } from '../src/keys/rotation.js';
import { SigningKeys } from '../src/keys/signing-keys.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import { bearer, call, decode, me, mobile, refresh, type Tokens } from './support/client.js';
import './support/seed.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { addService, type Client, introspect, revoke } from './support/services.js';
import { stopTime } from './support/still-time.js';

const operator = { ip: null, userAgent: 'cli tests@here', requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService({ MFA_REQUIRED_ROLES: 'none' }); // a change of the role ends no session
  client = await addService(service);
});
afterAll(() => service.stop());

/** What the guard and the introspection say of an access token, which must be the same. */
async function verdictOf(token: string, at: Service = service, who = client): Promise<boolean> {
  const [guard, answer] = await Promise.all([me(at.url, token), introspect(at.url, who, token)]);
  expect([200, 401]).toContain(guard.status);
  const isLive = guard.status === 200;
  expect({ guard: guard.text, status: answer.status, active: answer.json['active'] }).toEqual({
    guard: guard.text,
    status: 200,
    active: isLive,
  });
  expect(Object.keys(answer.json).length > 1).toBe(isLive);
  return isLive;
}

/** Introspects first: the refresh may spend the token. */
async function refreshVerdictOf(token: string, at: Service = service, who = client): Promise<boolean> {
  const answer = await introspect(at.url, who, token);
  const refreshed = await refresh(at.url, token);
  const isLive = refreshed.status === 200;
  expect({ refresh: refreshed.text, active: answer.json['active'] }).toEqual({
    refresh: refreshed.text,
    active: isLive,
  });
  return isLive;
}

type Act = (phone: Awaited<ReturnType<typeof mobile>>) => Promise<unknown>;

/** Each state, the act that leads to it, and whether the access token and the refresh token live in it. */
const states: [state: string, act: Act, access: boolean, refresh: boolean][] = [
  ['new', async () => undefined, true, true],
  [
    'logged out',
    ({ accessToken }) => call(service.url, 'POST', '/auth/logout', { headers: bearer(accessToken) }),
    false,
    false,
  ],
  [
    'logged out everywhere',
    ({ accessToken }) => call(service.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) }),
    false,
    false,
  ],
  ['revoked by its refresh token', ({ refreshToken }) => revoke(service.url, client, refreshToken), false, false],
  ['revoked alone', ({ accessToken }) => revoke(service.url, client, accessToken), false, true],
  [
    'of a disabled user',
    ({ user }) =>
      service.app.get(AccountStatus, { strict: false }).disable(user.id, { by: 'operator', caller: operator }),
    false,
    false,
  ],
  [
    'of a user whose role changed',
    ({ user }) =>
      service.app
        .get(AccountStatus, { strict: false })
        .changeRole(user.id, 'admin', { by: 'operator', caller: operator }),
    false,
    true,
  ],
  [
    'of a deleted user',
    ({ accessToken }) => call(service.url, 'DELETE', '/auth/me', { headers: bearer(accessToken) }),
    false,
    false,
  ],
  [
    'of a user with a new password',
    ({ accessToken, person }) =>
      call(service.url, 'POST', '/auth/password', {
        headers: bearer(accessToken),
        body: { currentPassword: person.password, newPassword: `another ${person.password}` },
      }),
    false,
    false,
  ],
  ['refreshed just now', ({ refreshToken }) => refresh(service.url, refreshToken), true, true],
  [
    'refreshed twice',
    async ({ refreshToken }) => refresh(service.url, (await refresh(service.url, refreshToken)).json['refreshToken']),
    true,
    false,
  ],
];

describe('introspection and the guard say the same of a token that is', () => {
  it.each(states)('%s', async (_, act, isAccessLive, isRefreshLive) => {
    const phone = await mobile(service.url);
    await act(phone);
    expect(await verdictOf(phone.accessToken)).toBe(isAccessLive);
    expect(await refreshVerdictOf(phone.refreshToken)).toBe(isRefreshLive);
  });

  it('expired, to the second and with the leeway', async () => {
    const own = await stopTime(await startServiceForTest({ ACCESS_TOKEN_TTL_SECONDS: '60' }));
    const asker = await addService(own);
    await own.advance(0);
    const phone = await mobile(own.url);
    const { exp } = decode(phone.accessToken);
    const left =
      exp - (await own.query<{ now: number }>('SELECT extract(epoch FROM protocol_now())::float AS now'))[0]!.now;
    await own.advance(left + 29);
    expect(await verdictOf(phone.accessToken, own, asker)).toBe(true);
    await own.advance(2);
    expect(await verdictOf(phone.accessToken, own, asker)).toBe(false);
    await own.advance(31 * 86_400);
    expect(await refreshVerdictOf(phone.refreshToken, own, asker)).toBe(false);
  });

  it('signed by a revoked key', async () => {
    const own = await startServiceForTest();
    const asker = await addService(own);
    const phone = await mobile(own.url);
    expect(await verdictOf(phone.accessToken, own, asker)).toBe(true);
    const { kid } = decode(phone.accessToken, 0);
    await own.app
      .get(SigningKeys, { strict: false })
      .change((keys, now) => planRevocation(keys, kid, now), [], operator);
    await own.app.get(KeyRing).reload();
    expect(await verdictOf(phone.accessToken, own, asker)).toBe(false);
    expect(await refreshVerdictOf(phone.refreshToken, own, asker)).toBe(true);
  });
});

describe('introspection and the guard say the same of a token that another', async () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const foreign = await importPKCS8(privateKey, 'RS256');

  /** With our key, so that only the claims or the header differ. */
  const signed = async (phone: Tokens, claims: object, header: object, key?: typeof foreign) => {
    const signer = await service.app.get(KeyRing).signer();
    const all = { alg: 'RS256', typ: 'at+jwt', kid: signer.kid, ...header };
    return new SignJWT({ ...decode(phone.accessToken), ...claims })
      .setProtectedHeader(all)
      .sign(key ?? signer.privateKey);
  };

  it.each<[string, object, object, boolean, boolean?]>([
    ['signed like ours', {}, {}, true],
    ['issuer signed', { iss: 'https://evil.test' }, {}, false],
    ['audience is meant for', { aud: 'https://orders.test' }, {}, false],
    ['audience is meant for, too', { aud: ['https://orders.test', 'http://auth.test'] }, {}, true],
    ['type of token is', {}, { typ: 'JWT' }, false],
    ['type of token is, of the feed', {}, { typ: 'revocations+jwt' }, false],
    ['type of token is, of an introspection', {}, { typ: 'token-introspection+jwt' }, false],
    ['critical header is in', {}, { crit: ['b64'], b64: true }, false],
    ['key signed', {}, {}, false, true],
    ['key of which nobody knows signed', {}, { kid: 'nobody' }, false],
    ['client got', { client_id: 'somebody' }, {}, false],
    ['subject is in, of no user', { sub: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' }, {}, false],
    ['version is in, an older one', { tokenVersion: 0 }, {}, false],
    ['version is in, one that is not yet', { tokenVersion: 99 }, {}, false],
    ['session is in, of nobody', { sid: 'x' }, {}, false],
    ['time is in, too early to be good (nbf)', { nbf: 99_999_999_999 }, {}, false],
    ['end is in, in the past', { exp: 1 }, {}, false],
    ['end is in, which is no number', { exp: 'never' }, {}, false],
  ])('%s', async (_, claims, header, isLive, isForeign = false) => {
    const phone = await mobile(service.url);
    expect(await verdictOf(await signed(phone, claims, header, isForeign ? foreign : undefined))).toBe(isLive);
  });

  it('has changed anywhere', async () => {
    const phone = await mobile(service.url);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_', '.', '=', ' ', '~'),
        async (at, letter) => {
          const index = at % phone.accessToken.length;
          const changed = phone.accessToken.slice(0, index) + letter + phone.accessToken.slice(index + 1);
          expect(await verdictOf(changed)).toBe(changed === phone.accessToken);
        },
      ),
      { numRuns: 60 },
    );
  });
});
