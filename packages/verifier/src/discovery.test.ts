import { expect, it } from 'vitest';
import { metadataUrlOf } from './discovery.js';

it.each([
  ['https://auth.example.com', 'https://auth.example.com/.well-known/oauth-authorization-server'],
  ['https://auth.example.com/', 'https://auth.example.com/.well-known/oauth-authorization-server'],
  ['https://example.com/issuer1', 'https://example.com/.well-known/oauth-authorization-server/issuer1'],
  ['https://example.com/a/b/', 'https://example.com/.well-known/oauth-authorization-server/a/b'],
])('the metadata of %s is at %s (RFC 8414 §3.1)', (issuer, url) => {
  expect(metadataUrlOf(issuer)).toBe(url);
});
