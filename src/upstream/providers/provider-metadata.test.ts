import { expect, it } from 'vitest';
import { faultIn } from './provider-metadata.js';

const issuer = 'https://id.example.com/application/o/watchword/';
const honest = {
  issuer,
  authorization_endpoint: 'https://id.example.com/authorize',
  token_endpoint: 'https://id.example.com/token',
  jwks_uri: 'https://id.example.com/jwks',
};
const fault = (change: object, mayBePlain = false) => faultIn({ ...honest, ...change }, { issuer, mayBePlain });

it('finds nothing wrong with an honest provider', () => {
  expect(fault({})).toBeUndefined();
  expect(fault({ userinfo_endpoint: 'https://id.example.com/me' })).toBeUndefined();
});

it.each([
  issuer.slice(0, -1),
  issuer.toUpperCase(),
  `${issuer}/`,
  issuer.replace('/application', ':443/application'),
  '',
])('compares the issuer byte for byte, not as a URL: %s', (other) => {
  expect(fault({ issuer: other })).toMatch(/byte for byte/);
});

const endpoints = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint', 'end_session_endpoint'];

it.each(endpoints)('takes no %s but an https address', (name) => {
  for (const wrong of ['http://id.example.com/', 'javascript:alert(1)', '/token', '', 7, null, { href: 'https://x' }])
    expect(fault({ [name]: wrong })).toMatch(name);
  expect(fault({ [name]: 'http://127.0.0.1/' }, true)).toBeUndefined();
  expect(fault({ [name]: 'file:///etc/passwd' }, true)).toMatch(name);
});

it.each(endpoints.slice(0, 3))('misses the %s', (name) => {
  expect(fault({ [name]: undefined })).toBe(`the metadata has no ${name}`);
});
