// Access tokens that are bound to the key of their session (RFC 9449 §7; docs/protocols/bound-refresh.md).
import { createHash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, bearer, Browser, call, decode, me, mobile, register } from './support/client.js';
import { boundMobile, boundRefresh, ClientKey, type ProofParts } from './support/key-proofs.js';
import { addService, introspect, tokenOf } from './support/services.js';
import { type Service, startService } from './support/service.js';

const PATH = '/auth/me';
const seconds = () => Math.floor(Date.now() / 1_000);
const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

let service: Service;
let plain: Service;
let key: ClientKey;
beforeAll(async () => {
  service = await startService({ ACCESS_TOKEN_BINDING: 'on' });
  plain = await startService({}, { databaseUrl: service.databaseUrl });
  key = await ClientKey.make();
});
afterAll(async () => {
  await plain.stop();
  await service.stop();
});

const proven = (token: string, path = PATH, { claims, ...parts }: ProofParts = {}, of = key) =>
  of.access(token, path, { ...parts, claims: { htm: 'GET', ...claims } });
const get = (headers: Record<string, string | string[]>, path = PATH) => call(service.url, 'GET', path, { headers });
const challengeOf = ({ headers }: Answer) => String(headers['www-authenticate']);

describe('the access token of a bound session', () => {
  it('names the key from the sign-in on, after a refresh and after a new proof of identity', async () => {
    const phone = await boundMobile(service.url, key);
    const next = await boundRefresh(service.url, key, phone.refreshToken);
    const again = await call(service.url, 'POST', '/auth/reauthenticate', {
      body: { password: phone.person.password },
      headers: await proven(next.json['accessToken'], '/auth/reauthenticate', { claims: { htm: 'POST' } }),
    });
    for (const json of [phone as Record<string, any>, next.json, again.json]) {
      expect(json['tokenType']).toBe('DPoP');
      expect(decode(json['accessToken'])['cnf']).toEqual({ jkt: key.jkt });
      expect((await get(await proven(json['accessToken']))).status).toBe(200);
    }
  });

  it('is a bearer token without ACCESS_TOKEN_BINDING, as those of sessions without a key always are', async () => {
    const [bound, unbound] = [await boundMobile(plain.url, key), await mobile(service.url)];
    for (const phone of [bound, unbound]) {
      expect(phone).toMatchObject({ tokenType: 'Bearer' });
      expect(decode(phone.accessToken)['cnf']).toBeUndefined();
      expect((await me(service.url, phone.accessToken)).status).toBe(200);
    }
  });

  it('is accepted with many proofs, from an instance that binds none, and under dpop in small letters', async () => {
    const { accessToken } = await boundMobile(service.url, key);
    for (const { url } of [service, plain, service])
      for (const scheme of ['DPoP', 'dpop']) {
        const headers = { ...(await proven(accessToken)), authorization: `${scheme} ${accessToken}` };
        expect((await call(url, 'GET', PATH, { headers })).status).toBe(200);
      }
  });

  it('is described by the introspection with its key', async () => {
    const { accessToken } = await boundMobile(service.url, key);
    const { json } = await introspect(service.url, await addService(service), accessToken);
    expect(json).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } });
    const other = await introspect(service.url, await addService(service), (await mobile(service.url)).accessToken);
    expect(other.json).toMatchObject({ active: true, token_type: 'Bearer' });
  });

  it('works with the requests of oauth4webapi, which has a wrong clock', async () => {
    const pair = await oauth.generateKeyPair('ES256');
    const handle = oauth.DPoP({ [oauth.clockSkew]: -3_600 }, pair);
    const own = await ClientKey.of(pair.publicKey, pair.privateKey);
    const { accessToken } = await boundMobile(service.url, own);
    const ask = () =>
      oauth.protectedResourceRequest(accessToken, 'GET', new URL(`http://auth.test${PATH}`), undefined, undefined, {
        DPoP: handle,
        [oauth.customFetch]: (address: string, options: RequestInit) =>
          fetch(address.replace('http://auth.test', service.url), options),
        [oauth.allowInsecureRequests]: true,
      } as never);
    const asked = await ask().catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(asked)).toBe(true);
    expect((await ask()).status).toBe(200);
  });
});

/** Each breaks one thing. */
const broken: [string, string, string, (token: string) => Promise<Record<string, string | string[]>>][] = [
  ['as a bearer', 'dpop_scheme_mismatch', 'invalid_token', async (token) => bearer(token)],
  [
    'as a bearer with a right proof',
    'dpop_scheme_mismatch',
    'invalid_token',
    async (token) => ({ ...(await proven(token)), ...bearer(token) }),
  ],
  [
    'without a proof',
    'dpop_access_proof_invalid',
    'invalid_dpop_proof',
    async (token) => ({ authorization: `DPoP ${token}` }),
  ],
  ...(
    [
      ['with the proof of another key', async (token) => proven(token, PATH, {}, await ClientKey.make())],
      ['with a proof for another method', (token) => proven(token, PATH, { claims: { htm: 'POST' } })],
      ['with a proof for another address', (token) => proven(token, '/auth/sessions')],
      ['with a proof without ath', (token) => proven(token, PATH, { claims: { ath: undefined } })],
      ['with a proof for another token', (token) => proven(token, PATH, { claims: { ath: hashOf(`${token}x`) } })],
      [
        'with the hash in hex',
        (token) => proven(token, PATH, { claims: { ath: createHash('sha256').update(token).digest('hex') } }),
      ],
      ['with a proof of another typ', (token) => proven(token, PATH, { header: { typ: 'jwt' } })],
      [
        'with a signature of another key',
        async (token) => proven(token, PATH, { signer: (await ClientKey.make()).privateKey }),
      ],
      [
        'with two proofs',
        async (token) => {
          const [one, two] = [await proven(token), await proven(token)];
          return { ...one, dpop: [one.dpop, two.dpop] };
        },
      ],
    ] as [string, (token: string) => Promise<Record<string, string | string[]>>][]
  ).map(([name, make]) => [name, 'dpop_access_proof_invalid', 'invalid_dpop_proof', make] as (typeof broken)[number]),
  ...([-61, 65] as const).map(
    (late) =>
      [
        `with a proof that is ${late} seconds off`,
        'dpop_nonce_required',
        'use_dpop_nonce',
        (token: string) => proven(token, PATH, { claims: { iat: seconds() + late } }),
      ] as (typeof broken)[number],
  ),
];

describe('a bound access token is refused, and its session goes on:', () => {
  it.each(broken)('%s', async (_, code, error, make) => {
    const phone = await boundMobile(service.url, key);
    const before = await get(await make(phone.accessToken));
    expect((await get(await proven(phone.accessToken))).status).toBe(200);
    // Now its signature was checked before.
    for (const answer of [before, await get(await make(phone.accessToken))]) {
      expect([answer.status, answer.json]).toMatchObject([401, { code, session: 'keep' }]);
      expect(challengeOf(answer)).toContain(`DPoP realm="watchword", error="${error}"`);
      expect(challengeOf(answer)).toContain('algs="ES256 Ed25519"');
    }
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
  });

  it('in a cookie, where it cleans nothing up and replaces no session either', async () => {
    const phone = await boundMobile(service.url, key);
    const cookie = { cookie: `access_token=${phone.accessToken}`, 'sec-fetch-site': 'same-origin' };
    expect((await get(cookie)).json['code']).toBe('dpop_scheme_mismatch');
    expect((await get({ ...(await proven(phone.accessToken)), ...cookie })).json['code']).toBe('ambiguous_token');
    for (const [method, path] of [
      ['POST', '/auth/logout'],
      ['DELETE', '/auth/refresh'],
    ] as const)
      expect((await call(service.url, method, path, { headers: cookie })).json['code']).toBe('dpop_scheme_mismatch');
    const thief = await register(service.url);
    await call(service.url, 'POST', '/auth/login', { body: thief, headers: cookie });
    expect((await get(await proven(phone.accessToken))).status).toBe(200);
  });

  it('by the logout: a copy signs nobody out', async () => {
    const phone = await boundMobile(service.url, key);
    const logout = (headers: Record<string, string>) => call(service.url, 'POST', '/auth/logout', { headers });
    const late = { htm: 'POST', iat: seconds() - 100 };
    for (const [headers, code] of [
      [bearer(phone.accessToken), 'dpop_scheme_mismatch'],
      [{ authorization: `DPoP ${phone.accessToken}` }, 'dpop_access_proof_invalid'],
      [await proven(phone.accessToken, '/auth/logout', { claims: late }), 'dpop_nonce_required'],
    ] as const)
      expect((await logout({ ...headers })).json['code']).toBe(code);
    expect((await get(await proven(phone.accessToken))).status).toBe(200);
    const own = await proven(phone.accessToken, '/auth/logout', { claims: { htm: 'POST' } });
    expect((await logout(own)).status).toBe(204);
    expect((await get(await proven(phone.accessToken))).json['code']).toBe('token_revoked');
  });
});

describe('an access token without a key', () => {
  it('is refused under the scheme DPoP, whatever proof comes with it', async () => {
    const { accessToken } = await mobile(service.url);
    const codes = async () => [
      (await get({ authorization: `DPoP ${accessToken}` })).json['code'],
      (await get(await proven(accessToken))).json['code'],
    ];
    expect(await codes()).toEqual(['dpop_scheme_mismatch', 'dpop_scheme_mismatch']);
    expect((await me(service.url, accessToken)).status).toBe(200);
    expect(await codes()).toEqual(['dpop_scheme_mismatch', 'dpop_scheme_mismatch']);
    const browser = await Browser.signedIn(service.url);
    expect((await browser.go('GET', PATH)).status).toBe(200);
  });

  it('of a service stays a bearer token', async () => {
    const client = await addService(service, { resources: ['http://auth.test'] });
    expect(decode(await tokenOf(service.url, client))['cnf']).toBeUndefined();
  });
});

describe('a wrong clock', () => {
  it('needs a nonce, with which it counts for no more than the nonce', async () => {
    const { accessToken } = await boundMobile(service.url, key);
    const asked = await get(await proven(accessToken, PATH, { claims: { iat: 1 } }));
    expect([asked.status, asked.json['code']]).toEqual([401, 'dpop_nonce_required']);
    const claims = { iat: 1, nonce: String(asked.headers['dpop-nonce']) };
    expect((await get(await proven(accessToken, PATH, { claims }))).status).toBe(200);
    const foreign = { iat: seconds(), nonce: 'AAAA' };
    expect((await get(await proven(accessToken, PATH, { claims: foreign }))).json['code']).toBe('dpop_nonce_required');
  });
});
