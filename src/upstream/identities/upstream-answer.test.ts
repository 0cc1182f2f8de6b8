import { describe, expect, it } from 'vitest';
import { answerOf } from './upstream-answer.js';

const provider = {
  ...{ id: 'authentik', label: 'Authentik', issuer: 'https://id.example.com/', clientId: 'watchword' },
  ...{
    clientSecret: 'a secret',
    scopes: ['openid'],
    allowSignUp: false,
    trustEmailVerified: true,
    returnAfterLogout: false,
  },
};
const of = (idToken: object, userinfo: object = {}, more: object = {}) =>
  answerOf(
    { ...provider, ...more },
    { subject: 'ada', text: 'a.b.c' },
    { idToken: { ...idToken }, userinfo: { ...userinfo } },
  );

describe('the address', () => {
  it('is that of the ID token, else of userinfo', () => {
    expect(of({ email: 'a@example.com' }, { email: 'b@example.com' }).email).toBe('a@example.com');
    expect(of({}, { email: 'b@example.com', email_verified: true })).toMatchObject({
      ...{ email: 'b@example.com', emailVerified: true },
    });
    expect(of({}).email).toBeUndefined();
    expect(of({ email: ['a@example.com'] }).email).toBeUndefined();
  });

  it('of the one is not verified by the word of the other', () => {
    const userinfo = { email: 'mine@example.com', email_verified: true };
    expect(of({ email: 'victim@example.com' }, userinfo)).toMatchObject({
      ...{ email: 'victim@example.com', emailVerified: false },
    });
  });

  it.each(['true', 1, 'yes', [true], {}])('is verified by true alone, not by %j', (value) => {
    expect(of({ email: 'a@example.com', email_verified: value }).emailVerified).toBe(false);
  });
});

describe('two factors', () => {
  const acr = { secondFactor: { claim: 'acr', values: ['mfa', 'phr'] } };
  const amr = { secondFactor: { claim: 'amr', values: ['mfa'] } };
  it.each([
    [{}, { acr: 'mfa', amr: ['mfa'] }, []],
    [acr, { acr: 'phr' }, ['mfa']],
    [acr, { acr: 'pwd' }, []],
    [acr, { amr: ['mfa'] }, []],
    [amr, { amr: ['pwd', 'mfa'] }, ['mfa']],
    [amr, { amr: 'mfa' }, ['mfa']],
    [amr, { amr: ['mfa2', 'xmfa', { mfa: 1 }] }, []],
  ])('count as configured: %j, %j', (configured, claims, methods) => {
    expect(of(claims, {}, configured).methods).toEqual(methods);
  });

  it('are believed from what is signed only', () => {
    expect(of({}, { acr: 'mfa' }, acr).methods).toEqual([]);
  });
});

it.each([
  ['admins', ['admins']],
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
  [undefined, []],
  [null, []],
  [{ admins: true }, []],
  [[['admins'], 7, null, 'staff'], ['staff']],
])('of the mapped claim %j the texts count', (groups, values) => {
  const roles = { roles: { claim: 'groups', map: { admins: 'admin' } } };
  expect(of({ groups }, {}, roles).roleValues).toEqual(values);
  expect(of({}, { groups }, roles).roleValues).toEqual(values);
  expect(of({ groups }).roleValues).toEqual([]);
});

it("the provider's session is a plain text or none", () => {
  expect(of({ sid: 'a session' }).sid).toBe('a session');
  for (const sid of [7, '', 'x'.repeat(256), 'a\u0000', ['a']]) expect(of({ sid }).sid).toBeUndefined();
});
