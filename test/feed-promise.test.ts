// The promise to siblings, end to end: three instances of the real issuer, and siblings that follow with the real verifier.
// How long it takes is measured in bench/scenarios/feed.mjs.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVerifier, isVerificationError, type Verifier } from '../packages/verifier/src/main.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import { KeyStore } from '../src/keys/key-store.js';
import { planRevocation } from '../src/keys/rotation.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import type { AccessClaims } from '../src/tokens/access-token.js';
import { bearer, call, decode, mobile, refresh } from './support/client.js';
import { FEED } from './support/feed.js';
import { logout } from './support/instances.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { until } from './support/until.js';

const ISSUER = 'https://auth.test';
const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };
type Phone = Awaited<ReturnType<typeof mobile>>;

let instances: Service[] = [];
let siblings: Verifier[] = [];
beforeAll(async () => {
  const databaseUrl = await cloneDatabase();
  const settings = { PUBLIC_URL: ISSUER, RATE_LIMITS: 'off', MFA_REQUIRED_ROLES: 'none' };
  instances = [
    await startService(settings, { databaseUrl }),
    await startService(settings, { databaseUrl }),
    await startService(settings, { databaseUrl }),
  ];
  siblings = instances.map(({ url }) =>
    createVerifier({
      ...{ issuer: ISSUER, audience: ISSUER },
      ...{ jwksUri: `${url}/.well-known/jwks.json`, revocationsUri: url + FEED },
    }),
  );
});
afterAll(async () => {
  for (const sibling of siblings) sibling.close();
  for (const instance of instances) await stop(instance);
});

/** `fetch` has opened connections that have sent nothing yet, which a server that stops waits for. */
async function stop(instance: Service): Promise<void> {
  const ending = setInterval(() => instance.app.getHttpServer().closeAllConnections(), 100);
  await instance.stop().finally(() => clearInterval(ending));
}

function first(): Service {
  const [instance] = instances;
  if (!instance) throw new Error('No instance has started.');
  return instance;
}

async function verdictOf(sibling: Verifier, token: string): Promise<string> {
  try {
    await sibling.verify(token);
    return 'live';
  } catch (error) {
    if (!isVerificationError(error)) throw error;
    return error.code;
  }
}

const withToken = ({ accessToken }: Phone, method: string, path: string, body?: object) =>
  call(first().url, method, path, { headers: bearer(accessToken), ...(body ? { body } : {}) });

const acts: [name: string, act: (phone: Phone) => Promise<unknown>, code: string][] = [
  ['a logout', (phone) => logout(first(), phone), 'token_revoked'],
  ['a logout of all devices', (phone) => withToken(phone, 'POST', '/auth/logout-all'), 'token_revoked'],
  [
    'the end of one token',
    ({ accessToken }) =>
      first()
        .app.get(SessionEnd)
        .token(decode(accessToken) as unknown as AccessClaims, operator),
    'token_revoked',
  ],
  [
    'a change of the password',
    (phone) =>
      withToken(phone, 'POST', '/auth/password', {
        currentPassword: phone.person.password,
        newPassword: 'quite another passphrase',
      }),
    'token_revoked',
  ],
  [
    'a reuse of a refresh token',
    async ({ refreshToken }) => {
      const second = (await refresh(first().url, refreshToken)).json['refreshToken'] as string;
      await refresh(first().url, second);
      await refresh(first().url, refreshToken);
    },
    'token_revoked',
  ],
  [
    'a new role',
    ({ user }) => status().changeRole(user.id, 'admin', { by: 'operator', caller: operator }),
    'token_stale',
  ],
  ['being disabled', ({ user }) => status().disable(user.id, { by: 'operator', caller: operator }), 'token_revoked'],
  ['the deletion of the account', (phone) => withToken(phone, 'DELETE', '/auth/me'), 'token_stale'],
  [
    "the end of everybody's sessions",
    () => first().app.get(SessionEnd).allOfEverybody('operator', operator),
    'token_stale',
  ],
  [
    'the revocation of the key, though its copy of the key set is fresh (F6),',
    ({ accessToken }) => {
      const { kid } = decode(accessToken, 0) as { kid: string };
      return first()
        .app.get(KeyStore)
        .change((keys, now) => planRevocation(keys, kid, now), null);
    },
    'token_stale',
  ],
];

const status = () => first().app.get(AccountStatus);

describe('after the 2xx of', () => {
  it.each(acts)(
    '%s every following sibling refuses the token, whichever instance it follows (F1)',
    async (_, act, code) => {
      const phone = await mobile(first().url);
      for (const sibling of siblings)
        await until('the sibling accepts it', async () => (await verdictOf(sibling, phone.accessToken)) === 'live');
      await act(phone);
      for (const sibling of siblings)
        await until('the sibling refuses it', async () => (await verdictOf(sibling, phone.accessToken)) === code);
      const again = await mobile(first().url);
      for (const sibling of siblings)
        await until('it accepts new ones', async () => (await verdictOf(sibling, again.accessToken)) === 'live');
    },
  );
});

it('an instance that restarts, and a sibling that does, know what was revoked before (F5)', async () => {
  const phone = await mobile(first().url);
  await logout(first(), phone);
  const restarted = await startService({ PUBLIC_URL: ISSUER }, { databaseUrl: first().databaseUrl });
  const { url } = restarted;
  const sibling = createVerifier({
    ...{ issuer: ISSUER, audience: ISSUER },
    ...{ jwksUri: `${url}/.well-known/jwks.json`, revocationsUri: url + FEED },
  });
  expect(await verdictOf(sibling, phone.accessToken)).toBe('token_revoked');
  sibling.close();
  await stop(restarted);
});
