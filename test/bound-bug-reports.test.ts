// Bug reports of other systems with tokens that are bound to a key (DPoP), tried on this one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, decode, type Tokens } from './support/client.js';
import { boundMobile, boundRefresh, ClientKey, type ProofParts } from './support/key-proofs.js';
import { type Service, startService } from './support/service.js';

const PATH = '/auth/refresh';
const seconds = () => Math.floor(Date.now() / 1_000);

let service: Service;
let other: Service;
let key: ClientKey;
beforeAll(async () => {
  [service, key] = [await startService({ ACCESS_TOKEN_BINDING: 'on' }), await ClientKey.make()];
  other = await startService({ ACCESS_TOKEN_BINDING: 'on' }, { databaseUrl: service.databaseUrl });
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

const refreshWith = async (refreshToken: string, headers: object, { url } = service) =>
  call(url, 'POST', PATH, { body: { refreshToken }, headers: { ...headers } });
const spend = async ({ refreshToken }: Tokens, parts: ProofParts) =>
  refreshWith(refreshToken, await key.headers(PATH, parts));
const jktOf = async (sessionId: string) =>
  (await service.query('SELECT jkt FROM refresh_tokens WHERE id = $1', [sessionId]))[0]?.['jkt'];

describe('a refresh token that is bound', () => {
  it('is refreshed with a proof alone, and no refresh takes its key away (keycloak/keycloak#36475)', async () => {
    const phone = await boundMobile(service.url, key);
    for (const headers of [{}, { dpop: '' }, { dpop: 'null' }])
      expect((await refreshWith(phone.refreshToken, headers)).json['code']).toBe('dpop_proof_invalid');
    expect(await jktOf(phone.session.id)).toBe(key.jkt);
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
    expect(await jktOf(phone.session.id)).toBe(key.jkt);
  });

  it('is not used up by a request that is asked for a nonce (bluesky-social/atproto#3859)', async () => {
    const phone = await boundMobile(service.url, key);
    const asked = await spend(phone, { claims: { iat: 1 } });
    expect(asked.json).toMatchObject({ code: 'dpop_nonce_required', session: 'keep' });
    const nonce = asked.headers['dpop-nonce'];
    const next = await spend(phone, { claims: { iat: 1, nonce } });
    expect([next.status, decode(next.json['accessToken'])['cnf']]).toEqual([200, { jkt: key.jkt }]);
  });

  it('is refreshed by several requests at once, each with its own proof (graze-social/cocore#73)', async () => {
    const phone = await boundMobile(service.url, key);
    const answers = await Promise.all(
      Array.from({ length: 3 }, (_, each) =>
        boundRefresh(each === 1 ? other.url : service.url, key, phone.refreshToken),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await boundRefresh(service.url, key, answers[2]?.json['refreshToken'])).status).toBe(200);
  });

  it('is ended by the logout with a proof, and not without (keycloak/keycloak#44027, #50306)', async () => {
    const { refreshToken } = await boundMobile(service.url, key);
    const logout = (headers: object) =>
      call(service.url, 'POST', '/auth/logout', { body: { refreshToken }, headers: { ...headers } });
    expect((await logout({})).json).toMatchObject({ code: 'dpop_proof_invalid', session: 'keep' });
    expect((await logout(await key.headers('/auth/logout'))).status).toBe(204);
    expect((await boundRefresh(service.url, key, refreshToken)).json['code']).toBe('refresh_token_invalid');
  });
});

describe('a proof', () => {
  it.each([-55, 0, 55])(
    'whose clock is %i seconds away is used once, on every instance (keycloak/keycloak#43505, spring-security#18120)',
    async (away) => {
      const phone = await boundMobile(service.url, key);
      const headers = await key.headers(PATH, { claims: { iat: seconds() + away } });
      expect((await refreshWith(phone.refreshToken, headers)).status).toBe(200);
      for (const instance of [service, other])
        expect((await refreshWith(phone.refreshToken, headers, instance)).json['code']).toBe('dpop_nonce_required');
    },
  );

  it('may have the jti of somebody else’s: another key cannot use it up (XukuLLC/attesto#18)', async () => {
    const [phone, theirs] = [await boundMobile(service.url, key), await ClientKey.make()];
    const another = await boundMobile(service.url, theirs);
    const claims = { jti: 'the same for both', iat: seconds() };
    const first = await refreshWith(another.refreshToken, await theirs.headers(PATH, { claims }));
    expect([first.status, (await spend(phone, { claims })).status]).toEqual([200, 200]);
  });

  it('for a bound access token is of its key, and not of any key (giantswarm/mcp-oauth#384)', async () => {
    const [phone, thief] = [await boundMobile(service.url, key), await ClientKey.make()];
    const headers = await thief.access(phone.accessToken, '/auth/me', { claims: { htm: 'GET' } });
    expect((await call(service.url, 'GET', '/auth/me', { headers })).json['code']).toBe('dpop_access_proof_invalid');
  });

  it.each([
    ['a time that is no number', { iat: true }],
    ['a time that is a text', { iat: '1' }],
    ['an empty jti', { jti: '' }],
    ['a jti that is no text', { jti: ['a'] }],
    ['a jti of ten thousand letters', { jti: 'a'.repeat(10_000) }],
    ['a slash at the end of its address', { htu: 'http://auth.test/auth/refresh/' }],
    ['two slashes in its address', { htu: 'http://auth.test//auth/refresh' }],
  ])('with %s is refused (mcdonc/klangk#3229, DuendeSoftware/products#1233, inji-certify#1000)', async (_, claims) => {
    const phone = await boundMobile(service.url, key);
    expect((await spend(phone, { claims })).json).toMatchObject({ code: 'dpop_proof_invalid', session: 'keep' });
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
  });

  it.each(['http://AUTH.test:80/auth/refresh?a=b#c', 'HTTP://auth.test:0080/auth/refresh'])(
    'may write its address as %s (quarkusio/quarkus#48110, DuendeSoftware/products#2005)',
    async (htu) => {
      const phone = await boundMobile(service.url, key);
      expect((await spend(phone, { claims: { htu } })).status).toBe(200);
    },
  );

  it('whose signature is one byte longer, cut off, empty or in DER is refused (mcdonc/klangk#3229)', async () => {
    const phone = await boundMobile(service.url, key);
    const [head, body, signature = ''] = (await key.proof(PATH)).split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const der = Buffer.concat([
      Buffer.from([0x30, 0x44, 2, 32]),
      bytes.subarray(0, 32),
      Buffer.from([2, 32]),
      bytes.subarray(32),
    ]);
    for (const wrong of [Buffer.concat([bytes, Buffer.from([0])]), der, bytes.subarray(0, 63), Buffer.alloc(64)]) {
      const answer = await refreshWith(phone.refreshToken, {
        dpop: [head, body, wrong.toString('base64url')].join('.'),
      });
      expect(answer.json['code']).toBe('dpop_proof_invalid');
    }
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
  });
});
