import { expect, it } from 'vitest';
import type { AccessTokenClaims, ServiceTokenClaims, UserTokenClaims } from '../../contract/src/claims.js';
import { authorise, type Demands } from './authorise.js';
import { isVerificationError } from './errors.js';

const now = 2_000_000_000;
const common = { iss: 'i', aud: 'a', iat: now, exp: now + 900, jti: 'j' };
const person: UserTokenClaims = {
  ...common,
  sub: 'ann',
  sid: 's',
  client_id: 'watchword',
  email: 'ann@example.com',
  role: 'user',
  tokenVersion: 1,
  auth_time: now - 100,
  amr: ['pwd'],
  acr: 'urn:one',
};
const service: ServiceTokenClaims = {
  ...common,
  tokenVersion: 1,
  sub: 'billing',
  client_id: 'billing',
  scope: 'orders:read orders:write',
};

const tooWeak = 'reauthentication_required';
const { acr: _acr, ...unclassed } = person;
const of = (acr: string | undefined): UserTokenClaims => (acr === undefined ? unclassed : { ...person, acr });

it.each<[string, AccessTokenClaims, Demands, string]>([
  ['a person with the role', person, { roles: ['admin', 'user'] }, 'admitted'],
  ['a person with another role', person, { roles: ['admin'] }, 'forbidden'],
  ['a service where a role is demanded', service, { roles: ['user'] }, 'forbidden'],
  ['anybody where an empty list of roles is demanded', person, { roles: [] }, 'forbidden'],
  ['a service with the scopes', service, { scopes: ['orders:write', 'orders:read'] }, 'admitted'],
  ['a service with a part of the scopes', service, { scopes: ['orders:read', 'orders:delete'] }, 'forbidden'],
  ['a service with a scope that begins alike', service, { scopes: ['orders'] }, 'forbidden'],
  ['a person where a scope is demanded', person, { scopes: ['orders:read'] }, 'forbidden'],
  ['a recent proof', person, { maxAge: 101 }, 'admitted'],
  ['a proof that is too old', person, { maxAge: 100 }, 'reauthentication_required'],
  ['a service where a recent proof is demanded', service, { maxAge: 100 }, 'forbidden'],
  ['a proof of the class', person, { acr: ['urn:two', 'urn:one'] }, 'admitted'],
  ['a proof of another class', person, { acr: 'urn:two' }, 'reauthentication_required'],
  ['two factors where two are demanded', of('urn:watchword:2fa'), { acr: 'urn:watchword:2fa' }, 'admitted'],
  ['a passkey where two factors are demanded', of('phr'), { acr: 'urn:watchword:2fa' }, 'admitted'],
  ['two factors where a passkey is demanded', of('urn:watchword:2fa'), { acr: 'phr' }, 'reauthentication_required'],
  ['one factor where two are demanded', of('urn:watchword:1fa'), { acr: 'urn:watchword:2fa' }, tooWeak],
  ['a token of a release without classes where two are demanded', of(undefined), { acr: 'urn:watchword:2fa' }, tooWeak],
  ['a token of a release without classes where one will do', of(undefined), { acr: 'urn:watchword:1fa' }, 'admitted'],
  ['a passkey where a class is demanded that only the app knows', of('phr'), { acr: 'urn:one' }, tooWeak],
  ['a class that nobody knows where one factor will do', of('urn:one'), { acr: 'urn:watchword:1fa' }, tooWeak],
  ['two factors, but long ago', of('phr'), { acr: 'urn:watchword:2fa', maxAge: 100 }, tooWeak],
  ['two factors, and recent', of('phr'), { acr: 'urn:watchword:2fa', maxAge: 101 }, 'admitted'],
  ['a service where two factors are demanded', service, { acr: 'urn:watchword:1fa' }, 'forbidden'],
])('%s', (_, claims, demands, expected) => {
  const verdict = () => {
    try {
      authorise(claims, demands, now * 1_000);
      return 'admitted';
    } catch (error) {
      if (isVerificationError(error)) return error.code;
      throw error;
    }
  };
  expect(verdict()).toBe(expected);
});
