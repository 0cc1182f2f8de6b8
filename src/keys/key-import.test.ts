import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { objectionTo, readSigningKey } from './key-import.js';

const folder = mkdtempSync(join(tmpdir(), 'watchword-pem-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As an operator makes it: the real openssl. */
function openssl(...args: string[]): string {
  const file = join(folder, `${randomUUID()}.pem`);
  execFileSync('openssl', [...args, '-out', file], { stdio: 'pipe' });
  return file;
}
const pem = (file: string) => readFileSync(file, 'utf8');
const rsa = (bits: number, ...more: string[]) =>
  openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, ...more);

describe('an imported key', () => {
  it('may be PKCS#8 or PKCS#1; its kid is the RFC 7638 thumbprint, or the name that it is given', async () => {
    const file = rsa(2048);
    const key = await readSigningKey(pem(file));
    expect(key.kid).toMatch(/^[\w-]{43}$/);
    expect(key.publicJwk).toEqual({ kty: 'RSA', n: expect.any(String), e: 'AQAB' });
    expect(await readSigningKey(pem(openssl('rsa', '-in', file, '-traditional')))).toEqual(key);
    expect((await readSigningKey(pem(file), 'winter-2026')).kid).toBe('winter-2026');
  });

  it.each([
    ['1024 bits', () => pem(rsa(1024)), /has 1024 bits: less than 2048/],
    ['a public key', () => pem(openssl('pkey', '-in', rsa(2048), '-pubout')), /holds a public key: the private one/],
    [
      'an EC key',
      () => pem(openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')),
      /of type ec: RS256 needs an RSA key/,
    ],
    ['an Ed25519 key', () => pem(openssl('genpkey', '-algorithm', 'ED25519')), /of type ed25519/],
    [
      'an RSA-PSS key',
      () => pem(openssl('genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048')),
      /of type rsa-pss/,
    ],
    [
      'an encrypted one (PKCS#8)',
      () => pem(openssl('pkey', '-in', rsa(2048), '-aes256', '-passout', 'pass:secret')),
      /is encrypted: decrypt it first/,
    ],
    [
      'an encrypted one (PKCS#1)',
      () => pem(openssl('rsa', '-in', rsa(2048), '-traditional', '-aes128', '-passout', 'pass:secret')),
      /is encrypted: decrypt it first/,
    ],
    [
      'a certificate',
      () => pem(openssl('req', '-x509', '-new', '-key', rsa(2048), '-subj', '/CN=x')),
      /holds a certificate/,
    ],
    ['an exponent of 3', () => pem(rsa(2048, '-pkeyopt', 'rsa_keygen_pubexp:3')), /public exponent is 3/],
    ['something else', () => 'hello', /holds no private key in PEM/],
    ['half a file', () => pem(rsa(2048)).slice(0, 400) + '\n-----END PRIVATE KEY-----', /cannot be read as one/],
  ])('is refused with a sentence that says why: %s', async (_, make, sentence) => {
    await expect(readSigningKey(make())).rejects.toThrow(sentence);
  });

  it('is refused under a name that does not fit into a header', async () => {
    for (const name of ['', 'a b', 'ü', 'x'.repeat(129), '../x']) {
      await expect(readSigningKey(pem(rsa(2048)), name)).rejects.toThrow(/The kid must be/);
    }
  });

  it('brings neither a kid back nor a key under another name', async () => {
    const key = await readSigningKey(pem(rsa(2048)), 'old');
    const other = await readSigningKey(pem(rsa(2048)), 'old');
    const row = { ...key, alg: 'RS256' as const, privateSealed: null, publishedAt: new Date(0), ...gone };
    expect(objectionTo(key, [row])).toEqual({ objection: 'key_used', as: 'old' });
    expect(objectionTo({ ...key, kid: 'new' }, [row])).toEqual({ objection: 'key_used', as: 'old' });
    expect(objectionTo(other, [row])).toEqual({ objection: 'kid_used', as: 'old' });
    expect(objectionTo({ ...other, kid: 'new' }, [row])).toBeUndefined();
  });
});

const gone = { activateAt: null, retireAt: null, removeAt: null, revokedAt: new Date(1) };
