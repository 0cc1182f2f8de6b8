// U1: a provider that lies. Whatever it says, nobody is signed in, nothing is made, and the log names the lie.
import { CompactEncrypt, generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimsOf, type Liar, type Lie, openLiar, signedByHmac, SUBJECT, unsigned } from './support/lying-provider.js';
import { register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { UPSTREAM_SECRET } from './support/upstream-provider.js';
import { linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

let service: Service;
let liar: Liar;
let other: Liar;
beforeAll(async () => {
  [liar, other] = [await openLiar(), await openLiar('other')];
  service = await withProviders([liar.entry, { ...other.entry, allowSignUp: true }], (known) => startService(known));
  const victim = await register(service.url);
  await linkUser(service, victim.email, { issuer: liar.issuer, subject: SUBJECT });
});
afterAll(async () => {
  await service.stop();
  await Promise.all([liar.close(), other.close()]);
});
beforeEach(() => {
  liar.lie = {};
});

const counts = () =>
  service.query(
    `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM refresh_tokens) AS sessions,
            (SELECT count(*)::int FROM upstream_identities) AS identities`,
  );
const reasons = () => service.log.filter(({ event }) => event === 'upstream.refused');

/** @returns the code in the address of the page */
async function refused(browser: UpstreamBrowser, callback: string): Promise<string | null> {
  const answer = await browser.navigate(callback);
  expect(answer.status).toBe(303);
  const page = new URL(String(answer.headers['location']));
  expect(page.origin + page.pathname).toBe('http://auth.test/account/sign-in');
  expect([...page.searchParams.keys()]).toEqual(['upstream', 'error']);
  expect(answer.cookies.filter((line) => !line.includes('upstream-'))).toEqual([]);
  return page.searchParams.get('error');
}

const claims = (change: Record<string, unknown>): Lie => ({ claims: (honest) => ({ ...honest, ...change }) });
const without = (name: string): Lie => ({
  claims: (honest) => Object.fromEntries(Object.entries(honest).filter(([key]) => key !== name)),
});
const soon = () => Math.floor(Date.now() / 1000);

/** What it lies about, the lie, and what the log says about it. */
const lies: [string, Lie, RegExp][] = [
  ['the nonce is of another sign-in', claims({ nonce: 'x'.repeat(43) }), /"nonce"/],
  ['there is no nonce', without('nonce'), /"nonce"/],
  ['the token is for another client', claims({ aud: 'somebody-else' }), /"aud"/],
  ['the token is for us and for somebody else', claims({ aud: ['watchword', 'else'] }), /"aud"/],
  ['of two clients it was issued to the other', claims({ aud: ['watchword', 'else'], azp: 'else' }), /"azp"/],
  ['it was issued to another client', claims({ azp: 'somebody-else' }), /azp/],
  ['there is no audience', without('aud'), /"aud"/],
  ['the issuer is another', claims({ iss: 'https://evil.example/' }), /"iss"/],
  [
    'the issuer lacks its slash',
    { claims: (honest) => ({ ...honest, iss: String(honest['iss']).slice(0, -1) }) },
    /"iss"/,
  ],
  ['the token has expired', claims({ exp: soon() - 3_600 }), /"exp"/],
  ['the token never expires', without('exp'), /"exp"/],
  ['the token is not good yet', claims({ nbf: soon() + 3_600 }), /"nbf"/],
  ['the token was issued in the future', claims({ iat: soon() + 3_600 }), /iat lies in the future/],
  ['nobody knows when it was issued', without('iat'), /"iat"/],
  ['there is no subject', without('sub'), /"sub"/],
  ['the subject is a number', claims({ sub: 7 }), /"sub"/],
  ['the subject is empty', claims({ sub: '' }), /"sub"|claim sub/],
  ['the subject holds a NUL', claims({ sub: `${SUBJECT}\u0000` }), /claim sub/],
  ['the subject is too long', claims({ sub: 's'.repeat(256) }), /claim sub/],
  ['the token is not signed', { idToken: (token) => unsigned(claimsOf(token)) }, /signed with none/],
  [
    'it is signed with our own secret',
    { idToken: (token) => signedByHmac(claimsOf(token), UPSTREAM_SECRET) },
    /HS256: choose a Signing Key/,
  ],
  [
    'it is signed with the public key as a secret',
    { idToken: async (token, { publicKey }) => signedByHmac(claimsOf(token), await publicKey()) },
    /HS256: choose a Signing Key/,
  ],
  [
    'it is signed with an algorithm that is not ours',
    { idToken: (token) => token.replace(/^[^.]+/, head({ alg: 'PS256', kid: 'first' })) },
    /signed with PS256/,
  ],
  [
    'a foreign key has the name of the right one',
    { idToken: (token, { signByStranger }) => signByStranger(claimsOf(token)) },
    /signature/,
  ],
  [
    'the token says where its key is',
    {
      idToken: (token, { signByStranger }) =>
        signByStranger(claimsOf(token), { jku: `${other.issuer}jwks`, kid: 'stranger' }),
    },
    /no applicable keys/,
  ],
  [
    'the token brings its own key',
    { idToken: (token, { signByStranger }) => signByStranger(claimsOf(token), { jwk: { kty: 'RSA' } }) },
    /signature/,
  ],
  ['the token was changed', { idToken: (token) => tampered(token) }, /signature/],
  [
    'the token has a header that must be understood',
    { idToken: (token) => token.replace(/^[^.]+/, head({ alg: 'RS256', kid: 'first', crit: ['exp'] })) },
    /"crit"/,
  ],
  ['there is no ID token', { idToken: () => undefined }, /"id_token"/],
  ['the ID token is no JWT', { idToken: () => 'a.b' }, /Invalid JWT/],
  ['the ID token is encrypted', { idToken: (token) => encrypted(token) }, /leave the Encryption Key .* empty/],
  ['the ID token has three megabytes', { idToken: (token) => token + 'A'.repeat(3 << 20) }, /more than 256 KiB/],
  ['the answer is no JSON', { token: () => 'eyJ no JSON' }, /it is no JSON/],
  ['the answer has no access token', { token: ({ id_token: text }) => ({ id_token: text }) }, /"access_token"/],
  ['userinfo is about somebody else', { userinfo: (about) => ({ ...about, sub: 'else' }) }, /"sub"/],
  ['userinfo says nobody', { userinfo: () => ({ email: 'victim@example.com' }) }, /"sub"/],
  ['the promised issuer is missing in the response', { callback: (query) => query.delete('iss') }, /"iss"/],
  ['the response is of another provider', { callback: (query) => query.set('iss', 'https://evil.example/') }, /"iss"/],
  ['the response has two codes', { callback: (query) => query.append('code', 'another') }, /"code"/],
  ['the response has no code', { callback: (query) => query.delete('code') }, /authorization code/],
  ['the response brings a token', { callback: (query) => query.set('id_token', 'eyJ') }, /implicit/],
  [
    'the token endpoint leads elsewhere',
    {
      answers: (path, response) => {
        if (path !== 'token') return false;
        response.writeHead(307, { location: `${other.issuer}token` }).end();
        return true;
      },
    },
    /status 307/,
  ],
];

const head = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');

function tampered(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const changed = { ...claimsOf(token), email: 'else@example.com' };
  return [header, head(changed), signature, ...(payload === '' ? ['x'] : [])].join('.');
}

async function encrypted(token: string): Promise<string> {
  const { publicKey } = await generateKeyPair('RSA-OAEP-256');
  return new CompactEncrypt(Buffer.from(token))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
    .encrypt(publicKey);
}

describe('U1', () => {
  it('an honest provider signs the victim in', async () => {
    const browser = new UpstreamBrowser(service.url, 'liar');
    expect((await browser.signIn('')).headers['location']).toBe('http://auth.test/account');
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it.each(lies)('%s: no session, no user, one code, and the log names it', async (_, lie, words) => {
    const [before, lines] = [await counts(), reasons().length];
    const browser = new UpstreamBrowser(service.url, 'liar');
    liar.lie = lie;
    const callback = await browser.atProvider(await browser.begin(), '');
    expect(await refused(browser, callback)).toBe('upstream_invalid');
    expect(await counts()).toEqual(before);
    expect(reasons().slice(lines)).toEqual([
      expect.objectContaining({ provider: 'liar', code: 'upstream_invalid', reason: expect.stringMatching(words) }),
    ]);
  });
});
