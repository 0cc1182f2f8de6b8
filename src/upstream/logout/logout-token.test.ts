// The rules of OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6, one by one.
import { expect, it } from 'vitest';
import { LOGOUT_EVENT, readLogoutToken } from './logout-token.js';

const now = new Date('2026-11-27T12:00:00Z');
const seconds = now.getTime() / 1_000;
const expected = { issuer: 'https://sso.example/application/o/watchword/', clientId: 'watchword', now };
const good = {
  ...{ iss: expected.issuer, aud: 'watchword', iat: seconds, exp: seconds + 120, jti: 'one' },
  ...{ events: { [LOGOUT_EVENT]: {} }, sub: 'ada', sid: 'session' },
};
const header = { alg: 'RS256', typ: 'logout+jwt', kid: 'first' };

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const read = (claims: Record<string, unknown> = {}, changed: Record<string, unknown> = {}) =>
  readLogoutToken(`${encoded({ ...header, ...changed })}.${encoded({ ...good, ...claims })}.c2ln`, expected);

it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
  ['both sub and sid', {}],
  ['sub alone', { sid: undefined }],
  ['sid alone', { sub: undefined }],
  ['several audiences', { aud: ['other', 'watchword'] }],
  ['the type JWT', {}, { typ: 'JWT' }],
  ['no type', {}, { typ: undefined }],
  ['ES256', {}, { alg: 'ES256' }],
  ['another event beside it', { events: { [LOGOUT_EVENT]: {}, 'https://other.example/event': {} } }],
  ['a clock that is 20 s ahead', { iat: seconds + 20 }],
  ['an end 20 s ago', { exp: seconds - 20 }],
])('takes a token with %s', (_name, claims, changed) => {
  const { sub, sid, exp } = { ...good, ...claims };
  expect(read(claims, changed)).toEqual({ jti: 'one', subject: sub, sid, expiresAt: new Date((exp + 30) * 1_000) });
});

it.each<[string, RegExp, Record<string, unknown>, Record<string, unknown>?]>([
  ['no signature (alg none)', /RS256/, {}, { alg: 'none' }],
  ['a secret as its key (HS256)', /RS256/, {}, { alg: 'HS256' }],
  ['the type of an access token', /typ/, {}, { typ: 'at+jwt' }],
  ['a type that is no text', /no signed JWT/, {}, { typ: 7 }],
  ['another issuer', /iss/, { iss: expected.issuer.slice(0, -1) }],
  ['no issuer', /iss/, { iss: undefined }],
  ['another audience', /aud/, { aud: ['other'] }],
  ['no audience', /aud/, { aud: undefined }],
  ['no iat', /iat/, { iat: undefined }],
  ['an iat that lies ahead', /iat/, { iat: seconds + 31 }],
  ['an iat that is a text', /iat/, { iat: String(seconds) }],
  ['no exp', /exp/, { exp: undefined }],
  ['an exp that has passed', /exp/, { exp: seconds - 30 }],
  ['an exp in a year', /a day ahead/, { exp: seconds + 31_536_000 }],
  ['no events', /events/, { events: undefined }],
  ['events without the member', /events/, { events: {} }],
  ['events as a list', /events/, { events: [LOGOUT_EVENT] }],
  ['events as a text', /events/, { events: LOGOUT_EVENT }],
  ['an event that is no object', /events/, { events: { [LOGOUT_EVENT]: true } }],
  ['an event that is a list', /events/, { events: { [LOGOUT_EVENT]: [] } }],
  ['a nonce, as an ID token has', /nonce/, { nonce: 'n' }],
  ['a nonce that is null', /nonce/, { nonce: null }],
  ['no jti', /jti/, { jti: undefined }],
  ['an empty jti', /jti/, { jti: '' }],
  ['neither sub nor sid', /neither/, { sub: undefined, sid: undefined }],
  ['a sub that is a number', /no text/, { sub: 7 }],
  ['a sid that is a list', /no text/, { sid: ['session'] }],
  ['a sub of null', /no text/, { sub: null }],
])('refuses a token with %s', (_name, reason, claims, changed) => {
  expect(read(claims, changed)).toEqual({ wrong: expect.stringMatching(reason) });
});

it('refuses what is no JWT', () => {
  for (const text of [
    '',
    'a',
    'a.b.c',
    '..',
    `${encoded(header)}..`,
    `${encoded(header)}.${encoded([])}.x`,
    'x'.repeat(9_000),
  ])
    expect(readLogoutToken(text, expected)).toEqual({ wrong: 'it is no signed JWT' });
});
