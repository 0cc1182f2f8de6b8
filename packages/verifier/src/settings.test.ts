import { expect, it } from 'vitest';
import { settingsOf, type VerifierOptions } from './settings.js';

const good: VerifierOptions = { issuer: 'https://auth.example.com', audience: 'https://orders.example.com' };

it.each<[string, object]>([
  ['an issuer on plain http elsewhere', { issuer: 'http://auth.example.com' }],
  ['an issuer on plain http of a name that begins like this machine', { issuer: 'http://localhost.example.com' }],
  ['an issuer with a query', { issuer: 'https://auth.example.com/?x' }],
  ['an issuer with a password', { issuer: 'https://user:secret@auth.example.com' }],
  ['an issuer that is no URL', { issuer: 'auth.example.com' }],
  ['no issuer', { issuer: undefined }],
  ['no audience', { audience: undefined }],
  ['an empty list of audiences', { audience: [] }],
  ['an empty audience', { audience: '' }],
  ['a feed that may be too young to come in time', { maxFeedAge: 9 }],
  ['a feed that may be older than five minutes', { maxFeedAge: 301 }],
  ['a maxFeedAge that is no number', { maxFeedAge: NaN }],
  ['a policy with another name', { onStale: 'ignore' }],
  ['keys from a file', { jwksUri: 'file:///etc/keys' }],
  ['an address without a scheme', { publicUrl: 'orders.example.com' }],
  ['an address with a query', { publicUrl: 'https://orders.example.com/?x' }],
  ['a feed that is no URL', { revocationsUri: '/revocations' }],
])('a verifier does not start with %s', (_, wrong) => {
  expect(() => settingsOf({ ...good, ...wrong })).toThrow(/must/);
});

it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'https://auth.example.com/tenant'])(
  'a verifier starts with the issuer %s',
  (issuer) => {
    expect(settingsOf({ ...good, issuer })).toMatchObject({ issuer, maxFeedAge: 15, onStale: 'refuse' });
  },
);
