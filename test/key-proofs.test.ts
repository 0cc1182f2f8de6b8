// The checks of a DPoP proof (RFC 9449 §4.3): each is broken alone, at a sign-in and at a refresh.
import { randomUUID } from 'node:crypto';
import * as dpop from 'dpop';
import { exportJWK, generateKeyPair, UnsecuredJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call, mobile, refresh, register } from './support/client.js';
import { document } from './support/documented.js';
import { enrolled } from './support/factors.js';
import { boundMobile, boundRefresh, ClientKey, type ProofParts } from './support/key-proofs.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<Record<string, object>>;
}

const PATH = '/auth/refresh';
const seconds = () => Math.floor(Date.now() / 1_000);

let service: Service;
let key: ClientKey;
beforeAll(async () => {
  service = await startService();
  key = await ClientKey.make();
});
afterAll(() => service.stop());

const rowOf = async (sessionId: string) =>
  (await service.query('SELECT * FROM refresh_tokens WHERE id = $1', [sessionId]))[0];
const present = (refreshToken: string, proof: string | string[]) => refresh(service.url, refreshToken, { dpop: proof });

describe('a bound session', () => {
  it.each(['ES256', 'Ed25519'])(
    'keeps the thumbprint of its key for life, and refreshes with its proofs: %s',
    async (alg) => {
      const own = await ClientKey.make(alg);
      const phone = await boundMobile(service.url, own);
      let token = phone.refreshToken;
      for (let spent = 0; spent < 3; spent++) {
        const answer = await boundRefresh(service.url, own, token);
        expect(answer.status).toBe(200);
        token = answer.json['refreshToken'];
      }
      expect(await rowOf(phone.session.id)).toMatchObject({ jkt: own.jkt, generation: 3 });
    },
  );

  it('is shown as such in the list of sessions', async () => {
    const phone = await boundMobile(service.url, key);
    await mobile(service.url, phone.person);
    const { json } = await call(service.url, 'GET', '/auth/sessions', { headers: bearer(phone.accessToken) });
    const bound = (json['sessions'] as { bound: boolean; current: boolean }[]).map((each) => [
      each.current,
      each.bound,
    ]);
    expect(bound).toEqual(
      expect.arrayContaining([
        [true, true],
        [false, false],
      ]),
    );
  });

  it('is not what a sign-in over cookies makes, whatever header it has', async () => {
    const person = await register(service.url);
    const headers = await key.headers('/auth/login');
    const answer = await call(service.url, 'POST', '/auth/login', { body: person, headers });
    expect(await rowOf(answer.json['session'].id)).toMatchObject({ transport: 'cookie', jkt: null });
  });

  it('is announced in the metadata, with the algorithms of its proofs (RFC 9449 §5.1)', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const { json } = await call(service.url, 'GET', `/.well-known/${name}`);
      expect(json['dpop_signing_alg_values_supported']).toEqual(['ES256', 'Ed25519']);
    }
  });
});

describe('a session without a key', () => {
  it('takes a proof and stays without a key: nobody binds it to a key of their own', async () => {
    const phone = await mobile(service.url);
    const first = await boundRefresh(service.url, key, phone.refreshToken);
    expect(first.status).toBe(200);
    expect(await rowOf(phone.session.id)).toMatchObject({ jkt: null, proof_iat: null, proof_jti: null });
    expect((await refresh(service.url, first.json['refreshToken'])).status).toBe(200);
  });
});

/** Each breaks one check of §4.3 and no other; most are tried with a proof that is right but for it. */
const broken: [string, () => Promise<string | string[]>][] = [
  ['two headers (check 1)', async () => [await key.proof(PATH), await key.proof(PATH)]],
  ['what is no JWT (check 2)', async () => 'not.a-jwt'],
  ['an empty header (check 2)', async () => ''],
  ['more than 4,096 characters', () => key.proof(PATH, { claims: { more: 'x'.repeat(4_000) } })],
  ['no jti (check 3)', () => key.proof(PATH, { claims: { jti: undefined } })],
  ['no htm (check 3)', () => key.proof(PATH, { claims: { htm: undefined } })],
  ['no htu (check 3)', () => key.proof(PATH, { claims: { htu: undefined } })],
  ['no iat (check 3)', () => key.proof(PATH, { claims: { iat: undefined } })],
  ['another typ (check 4)', () => key.proof(PATH, { header: { typ: 'jwt' } })],
  ['no typ (check 4)', () => key.proof(PATH, { header: { typ: undefined } })],
  ['alg none (check 5)', () => unsecured()],
  ['HS256 (check 5)', () => key.proof(PATH, { header: { alg: 'HS256' }, signer: Buffer.alloc(32, 1) })],
  ['RS256, which is not listed (check 5)', () => signedBy('RS256')],
  ['ES384, which is not listed (check 5)', () => signedBy('ES384')],
  ['no jwk', () => key.proof(PATH, { header: { jwk: undefined } })],
  ['a symmetric jwk', () => key.proof(PATH, { header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
  ['a jwk of another curve', async () => key.proof(PATH, { header: { jwk: (await ClientKey.make('Ed25519')).jwk } })],
  [
    'the signature of another key (check 6)',
    async () => {
      const other = await ClientKey.make();
      return key.proof(PATH, { signer: other.privateKey });
    },
  ],
  [
    'a signature that was changed (check 6)',
    async () => {
      const [head = '', body = '', signature = ''] = (await key.proof(PATH)).split('.');
      return `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    },
  ],
  ['a private jwk (check 7)', () => key.proof(PATH, { header: { jwk: key.privateJwk } })],
  ['another method (check 8)', () => key.proof(PATH, { claims: { htm: 'GET' } })],
  ['a method in small letters (check 8)', () => key.proof(PATH, { claims: { htm: 'post' } })],
  ['another path (check 9)', () => key.proof('/auth/login')],
  ['another host (check 9)', () => key.proof(PATH, { claims: { htu: `http://evil.test${PATH}` } })],
  [
    'the address that was called instead of PUBLIC_URL (check 9)',
    () => key.proof(PATH, { claims: { htu: service.url + PATH } }),
  ],
];

async function signedBy(alg: string): Promise<string> {
  const other = await generateKeyPair(alg);
  return key.proof(PATH, { header: { alg, jwk: await exportJWK(other.publicKey) }, signer: other.privateKey });
}

async function unsecured(): Promise<string> {
  const claims = { htm: 'POST', htu: `http://auth.test${PATH}`, iat: seconds(), jti: randomUUID() };
  const [, payload] = new UnsecuredJWT(claims).encode().split('.');
  const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'none', jwk: key.jwk })).toString('base64url');
  return `${header}.${payload}.`;
}

describe('a proof is refused, the session goes on, and nothing is written:', () => {
  it.each(broken)('%s', async (_, make) => {
    const phone = await boundMobile(service.url, key);
    const before = await rowOf(phone.session.id);
    const answer = await present(phone.refreshToken, await make());
    expect([answer.status, answer.json]).toMatchObject([400, { code: 'dpop_proof_invalid' }]);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_dpop_proof"');
    expect(await rowOf(phone.session.id)).toEqual(before);
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
  });

  it('the Host header counts for nothing', async () => {
    const phone = await boundMobile(service.url, key);
    const headers = { host: 'evil.test', dpop: await key.proof(PATH, { claims: { htu: `http://evil.test${PATH}` } }) };
    expect((await refresh(service.url, phone.refreshToken, headers)).json['code']).toBe('dpop_proof_invalid');
  });

  it.each([
    ['no proof', () => Promise.resolve({}), 'no_proof'],
    ['the proof of another key', async () => (await ClientKey.make()).headers(PATH), 'another_key'],
  ] as const)('%s, which is an event (checks 1 and 12)', async (_, headersOf, reason) => {
    const phone = await boundMobile(service.url, key);
    const before = await rowOf(phone.session.id);
    const answer = await refresh(service.url, phone.refreshToken, await headersOf());
    expect([answer.status, answer.json]).toMatchObject([400, { code: 'dpop_proof_invalid', session: 'keep' }]);
    expect(await rowOf(phone.session.id)).toEqual(before);
    const events = service.log.filter(
      (line) => line['sessionId'] === phone.session.id && line['event'] !== 'login.succeeded',
    );
    expect(events).toMatchObject([{ event: 'refresh.unproven', reason, generationsBehind: 0 }]);
  });
});

describe('the time of a proof (checks 10 and 11)', () => {
  const asked = (proof: ProofParts) => async () => {
    const phone = await boundMobile(service.url, key);
    const answer = await present(phone.refreshToken, await key.proof(PATH, proof));
    return { answer, phone };
  };

  it.each([
    ['too early', () => ({ iat: seconds() - 70 })],
    ['too late', () => ({ iat: seconds() + 70 })],
    ['of another year, with a foreign nonce', () => ({ iat: 1, nonce: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })],
    ['right, with a foreign nonce', () => ({ nonce: 'eyJ7S_zG.eyJH0-Z.HX4w-7v' })],
  ])('%s: a nonce is asked for, with which the client needs no clock', async (_, claimsOf) => {
    const { answer, phone } = await asked({ claims: claimsOf() })();
    expect([answer.status, answer.json['code']]).toEqual([401, 'dpop_nonce_required']);
    expect(answer.headers['www-authenticate']).toContain('error="use_dpop_nonce"');
    const nonce = answer.headers['dpop-nonce'];
    const again = await present(phone.refreshToken, await key.proof(PATH, { claims: { iat: 1, nonce } }));
    expect(again.status).toBe(200);
  });

  it.each([-50, 50])('may be %i seconds away from the database’s', async (away) => {
    const { answer } = await asked({ claims: { iat: seconds() + away } })();
    expect(answer.status).toBe(200);
  });

  it('is asked for at a sign-in as well, before the password is looked at', async () => {
    const headers = await key.headers('/auth/login', { claims: { iat: 1 } });
    const body = { email: 'nobody@example.com', password: 'not a right one', transport: 'bearer' };
    const answer = await call(service.url, 'POST', '/auth/login', { body, headers });
    expect(answer.json['code']).toBe('dpop_nonce_required');
    const person = await register(service.url);
    const claims = { iat: 1, nonce: answer.headers['dpop-nonce'] };
    const again = { dpop: await key.proof('/auth/login', { claims }) };
    const signedIn = await call(service.url, 'POST', '/auth/login', {
      body: { ...person, transport: 'bearer' },
      headers: again,
    });
    expect(await rowOf(signedIn.json['session'].id)).toMatchObject({ jkt: key.jkt });
  });

  it('a nonce is over after five minutes', async () => {
    const own = await startServiceForTest();
    const phone = await boundMobile(own.url, key);
    const claims = { iat: 1 };
    const { headers } = await refresh(own.url, phone.refreshToken, await key.headers(PATH, { claims }));
    await own.advance(260);
    const within = await key.headers(PATH, { claims: { iat: 1, nonce: headers['dpop-nonce'] } });
    const next = await refresh(own.url, phone.refreshToken, within);
    expect(next.status).toBe(200);
    await own.advance(45);
    const after = await key.headers(PATH, { claims: { iat: 1, nonce: headers['dpop-nonce'] } });
    expect((await refresh(own.url, next.json['refreshToken'], after)).json['code']).toBe('dpop_nonce_required');
  });
});

describe('REQUIRE_BOUND_SESSIONS=bearer', () => {
  it('refuses a bearer sign-in without a proof, before anything is looked at, and lets everything else go on', async () => {
    const strict = await startServiceForTest({ REQUIRE_BOUND_SESSIONS: 'bearer' });
    const person = await register(strict.url);
    const login = (body: object, headers = {}) => call(strict.url, 'POST', '/auth/login', { body, headers });
    const refused = await login({ ...person, password: 'a wrong password', transport: 'bearer' });
    expect([refused.status, refused.json['code']]).toEqual([400, 'dpop_proof_required']);
    expect((await login(person)).status).toBe(200);
    expect((await login({ ...person, transport: 'bearer' }, await key.headers('/auth/login'))).status).toBe(200);
  });
});

describe('a sign-in with two factors', () => {
  it('is bound to the key of the request that starts the session', async () => {
    const { person, code } = await enrolled(service);
    const other = await ClientKey.make();
    const login = await call(service.url, 'POST', '/auth/login', {
      body: { ...person, transport: 'bearer' },
      headers: await other.headers('/auth/login'),
    });
    const factor = { ticket: login.json['ticket'] as string, totp: await code() };
    const headers = await key.headers('/auth/factor', { claims: { iat: 1 } });
    const asked = await call(service.url, 'POST', '/auth/factor', { body: factor, headers });
    expect(asked.json['code']).toBe('dpop_nonce_required');
    // Neither ticket nor code was used up.
    const nonce = asked.headers['dpop-nonce'];
    const again = await key.headers('/auth/factor', { claims: { iat: 1, nonce } });
    const { json } = await call(service.url, 'POST', '/auth/factor', { body: factor, headers: again });
    expect(await rowOf(json['session'].id)).toMatchObject({ jkt: key.jkt });
  });
});

it('every route that starts a session reads the header before its handler runs', () => {
  const started = Object.entries(document['paths'] as Record<string, Record<string, Operation>>).flatMap(
    ([path, each]) =>
      Object.values(each)
        .filter((one) => JSON.stringify(one.responses['200'] ?? {}).match(/BearerTokens|refreshToken/))
        .map((one) => [path, one.parameters?.some(({ name }) => name === 'DPoP') ?? false]),
  );
  expect(started.length).toBeGreaterThanOrEqual(8);
  expect(started.filter(([, reads]) => !reads)).toEqual([['/auth/reauthenticate', false]]);
});

describe('a change of the password', () => {
  const change = (base: string, phone: Awaited<ReturnType<typeof mobile>>, headers = {}) =>
    call(base, 'POST', '/auth/password', {
      body: { currentPassword: phone.person.password, newPassword: `another ${phone.person.password}` },
      headers: { ...bearer(phone.accessToken), ...headers },
    });

  it('goes on in a session that is bound to the same key, or to that of a proof', async () => {
    const phone = await boundMobile(service.url, key);
    const same = await change(service.url, phone);
    expect(await rowOf(same.json['session'].id)).toMatchObject({ jkt: key.jkt });
    expect((await boundRefresh(service.url, key, same.json['refreshToken'])).status).toBe(200);
    const other = await ClientKey.make();
    const tablet = await boundMobile(service.url, key);
    const moved = await change(service.url, tablet, await other.headers('/auth/password'));
    expect(await rowOf(moved.json['session'].id)).toMatchObject({ jkt: other.jkt });
  });

  it('is refused before it is made where the next session would need a key', async () => {
    const before = await startServiceForTest();
    const phone = await mobile(before.url);
    const strict = await startService({ REQUIRE_BOUND_SESSIONS: 'bearer' }, { databaseUrl: before.databaseUrl });
    expect((await change(strict.url, phone)).json['code']).toBe('dpop_proof_required');
    expect((await change(strict.url, phone, await key.headers('/auth/password'))).status).toBe(200);
    await strict.stop();
  });
});

describe('proofs that others make', () => {
  const url = new URL(`http://auth.test${PATH}`);

  it.each(['ES256', 'Ed25519'] as const)('dpop: %s', async (alg) => {
    const pair = await dpop.generateKeyPair(alg);
    const person = await register(service.url);
    const login = { dpop: await dpop.generateProof(pair, 'http://auth.test/auth/login', 'POST') };
    const body = { ...person, transport: 'bearer' };
    const { json } = await call(service.url, 'POST', '/auth/login', { body, headers: login });
    expect(await rowOf(json['session'].id)).toMatchObject({ jkt: await dpop.calculateThumbprint(pair.publicKey) });
    const proof = await dpop.generateProof(pair, url.href, 'POST');
    expect((await present(json['refreshToken'], proof)).status).toBe(200);
  });

  it.each([
    ['oauth4webapi, an hour late,', (pair: oauth.CryptoKeyPair) => oauth.DPoP({ [oauth.clockSkew]: -3_600 }, pair)],
    [
      'openid-client',
      (pair: oauth.CryptoKeyPair) =>
        openid.getDPoPHandle(new openid.Configuration({ issuer: 'http://auth.test' }, 'an app'), pair),
    ],
  ])('%s asks again with the nonce by its own rules', async (_, handleOf) => {
    const pair = await oauth.generateKeyPair('ES256');
    const handle = handleOf(pair);
    const person = await register(service.url);
    // The address is that of PUBLIC_URL; whatever they say of an access token is left out.
    const customFetch: typeof fetch = (address, { headers, ...more } = {}) => {
      const { authorization: _none, ...rest } = headers as Record<string, string>;
      return fetch(new URL(new Request(address).url.replace('http://auth.test', service.url)), {
        ...more,
        headers: rest,
      });
    };
    const once = (path: string, body: object) =>
      oauth.protectedResourceRequest(
        'none',
        'POST',
        new URL(`http://auth.test${path}`),
        new Headers({ 'content-type': 'application/json' }),
        JSON.stringify(body),
        { DPoP: handle, [oauth.customFetch]: customFetch as never, [oauth.allowInsecureRequests]: true },
      );
    const post = (path: string, body: object) =>
      once(path, body).catch((error: unknown) => {
        if (!oauth.isDPoPNonceError(error)) throw error;
        return once(path, body);
      });
    const signedIn = (await (await post('/auth/login', { ...person, transport: 'bearer' })).json()) as Record<
      string,
      any
    >;
    expect(await rowOf(signedIn['session'].id)).toMatchObject({ jkt: await handle.calculateThumbprint() });
    const again = await post(PATH, { refreshToken: signedIn['refreshToken'] });
    expect(again.status).toBe(200);
  });
});
