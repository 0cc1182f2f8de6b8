// What gives somebody back a password, an address or an account leaves the second factors as they are: a mailbox alone opens
// no account that has one (ASVS 6.4.3, NIST SP 800-63B-4 §4.2.2.2).
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { AddressCorrection } from '../src/accounts/address-correction.js';
import type { TokenPurpose } from '../src/database/schema/vocabularies.js';
import { call, type Person, somebody } from './support/client.js';
import { enrolled, type Enrolled, factor } from './support/factors.js';
import { mailed } from './support/one-time-tokens.js';
import { addPasskey } from './support/passkeys.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ MAGIC_LINKS: 'on' });
});
afterAll(() => service.stop());

const NEW = 'quite another passphrase';
const operator = { ip: null, userAgent: 'cli ops@console', requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };
const post = (path: string, body: object) => call(service.url, 'POST', path, { body });
const login = (person: Person) => post('/auth/login', { ...person, transport: 'bearer' });
const factorsOf = ({ userId }: Enrolled) =>
  service.query(
    `SELECT 'totp' AS kind, t::text AS row FROM totp_authenticators t WHERE user_id = $1
      UNION ALL SELECT 'codes', t::text FROM recovery_codes t WHERE user_id = $1
      UNION ALL SELECT 'passkey', t::text FROM passkeys t WHERE user_id = $1 ORDER BY 1, 2`,
    [userId],
  );
const linkOf = async ({ userId }: Enrolled, purpose: TokenPurpose, given: Parameters<typeof mailed>[3] = {}) =>
  (await mailed(service, userId, purpose, given)).token;

/** Each ends with the answer to the best sign-in that it leads to, by one factor. */
const ways: Readonly<Record<string, (ada: Enrolled) => ReturnType<typeof login>>> = {
  'a reset of the password': async (ada) => {
    const token = await linkOf(ada, 'reset');
    expect((await post('/auth/password/reset', { token, newPassword: NEW })).status).toBe(204);
    return login({ ...ada.person, password: NEW });
  },
  'a link to sign in': async (ada) => {
    await service.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [ada.userId]);
    return post('/auth/magic', { token: await linkOf(ada, 'magic'), transport: 'bearer' });
  },
  'a change of address': async (ada) => {
    const { email } = somebody();
    const token = await linkOf(ada, 'email', { address: email });
    expect((await post('/auth/email/verify', { token })).status).toBe(204);
    return login({ ...ada.person, email });
  },
  'a freeze, and the operator who ends it': async (ada) => {
    const token = await linkOf(ada, 'freeze', { boundEmail: null, sessionEpoch: null });
    expect((await post('/auth/freeze', { token })).status).toBe(204);
    expect((await login(ada.person)).json['code']).toBe('invalid_credentials');
    await service.app.get(AccountStatus).enable(ada.userId, { by: 'operator', caller: operator });
    return login(ada.person);
  },
  'an invitation': async (ada) => {
    await service.query('UPDATE users SET password_hash = NULL WHERE id = $1', [ada.userId]);
    const token = await linkOf(ada, 'invite');
    expect((await post('/auth/password/reset', { token, newPassword: NEW })).status).toBe(204);
    return login({ ...ada.person, password: NEW });
  },
  'an address that the operator corrects': async (ada) => {
    const { email } = somebody();
    await service.app.get(AddressCorrection).correct(ada.userId, email, { by: 'operator', caller: operator });
    const token = await linkOf(ada, 'reset');
    expect((await post('/auth/password/reset', { token, newPassword: NEW })).status).toBe(204);
    return login({ email, password: NEW });
  },
};

it.each(Object.keys(ways))('%s leaves the second factors as they are, and asks for one', async (name) => {
  const ada = await enrolled(service);
  await addPasskey(service, ada.userId, ada.person.email);
  const before = await factorsOf(ada);
  expect(before).toHaveLength(12);
  const answer = await ways[name]?.(ada);
  expect(answer?.json).toMatchObject({ status: 401, code: 'second_factor_required' });
  expect(await factorsOf(ada)).toEqual(before);
  expect((await factor(service, { ticket: answer?.json['ticket'], totp: await ada.code() })).status).toBe(200);
});
