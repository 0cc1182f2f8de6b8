// POST /oauth/introspect (RFC 7662): who may ask, what the answer says, and what it never tells.
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call, decode, me, mobile, refresh } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { addService, basic, type Client, introspect, post, tokenOf } from './support/services.js';

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = await addService(service, { scopes: ['introspect'], resources: ['https://orders.test'] });
});
afterAll(() => service.stop());

const INACTIVE = '{"active":false}';
const asked = (token: string, who = client) => introspect(service.url, who, token);

describe('an introspection', () => {
  it('tells the claims of a live access token', async () => {
    const phone = await mobile(service.url);
    const answer = await asked(phone.accessToken);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json).toEqual({
      active: true,
      token_use: 'access_token',
      token_type: 'Bearer',
      ...decode(phone.accessToken),
    });
  });

  it('tells a live refresh token from an access token, and spends none', async () => {
    const phone = await mobile(service.url);
    const state = 'SELECT * FROM refresh_tokens WHERE id = $1';
    const before = await service.query(state, [phone.session.id]);
    for (let time = 0; time < 3; time++) {
      const answer = await asked(phone.refreshToken);
      expect(answer.json).toEqual({
        active: true,
        token_use: 'refresh_token',
        iss: 'http://auth.test',
        client_id: 'watchword',
        sub: phone.user.id,
        sid: phone.session.id,
        exp: Math.floor(Date.parse(phone.session.expiresAt) / 1_000),
      });
    }
    expect(await service.query(state, [phone.session.id])).toEqual(before); // its idle life has not moved either
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
  });

  it('of a refresh token that was used up says inactive, and punishes nobody', async () => {
    const phone = await mobile(service.url);
    const second = (await refresh(service.url, phone.refreshToken)).json['refreshToken'] as string;
    const third = (await refresh(service.url, second)).json['refreshToken'] as string;
    expect((await asked(phone.refreshToken)).text).toBe(INACTIVE);
    expect((await asked(second)).json['active']).toBe(true); // a retry within the grace would be answered
    expect((await refresh(service.url, third)).status).toBe(200);
  });

  it('gives one answer for whatever is worth nothing', async () => {
    const phone = await mobile(service.url);
    await call(service.url, 'POST', '/auth/logout', { headers: bearer(phone.accessToken) });
    const [head, body, signature = ''] = phone.accessToken.split('.');
    const forged = `${head}.${body}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`;
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`;
    const worthless = [phone.accessToken, phone.refreshToken, forged, unsigned, 'x', '\u0000', 'wrt_', client.secret];
    for (const token of [...worthless, 'é', 'a'.repeat(60_000), `${phone.accessToken} `]) {
      const answer = await asked(token);
      expect([answer.status, answer.text]).toEqual([200, INACTIVE]);
    }
  });

  it('asks for the token, and for it once', async () => {
    for (const form of ['', 'token=', 'token=a&token=b', 'token=%zz', 'token_type_hint=access_token']) {
      const answer = await post(service.url, '/oauth/introspect', form, basic(client));
      expect([form, answer.status, answer.json['error']]).toEqual([form, 400, 'invalid_request']);
    }
  });

  it('reads a hint as a hint, and ignores what it does not know', async () => {
    const phone = await mobile(service.url);
    for (const hint of ['refresh_token', 'access_token', 'nonsense']) {
      const form = { token: phone.accessToken, token_type_hint: hint, some_extension: '1' };
      const answer = await post(service.url, '/oauth/introspect', form, basic(client));
      expect(answer.json['active']).toBe(true);
    }
  });

  it('is signed where the service asks for that (RFC 9701), and passes for no access token', async () => {
    const phone = await mobile(service.url);
    const accept = { accept: 'application/token-introspection+jwt' };
    const answer = await introspect(service.url, client, phone.accessToken, accept);
    expect(answer.headers['content-type']).toBe('application/token-introspection+jwt');
    const { json: keys } = await call(service.url, 'GET', '/.well-known/jwks.json');
    const { payload } = await jwtVerify(answer.text, createLocalJWKSet(keys as { keys: [] }), {
      issuer: 'http://auth.test',
      audience: client.clientId,
      typ: 'token-introspection+jwt',
    });
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
    expect(payload['token_introspection']).toMatchObject({ active: true, sub: phone.user.id });
    expect((await me(service.url, answer.text)).json['code']).toBe('unauthenticated');
    expect((await asked(answer.text)).text).toBe(INACTIVE);
    const dead = await introspect(service.url, client, 'x', accept);
    expect(decode(dead.text)['token_introspection']).toEqual({ active: false });
    const either = { accept: `application/json;q=0.9, ${accept.accept};q=0.5` };
    expect((await introspect(service.url, client, phone.accessToken, either)).json['active']).toBe(true);
  });
});

describe('an audience (RFC 7662 §4)', () => {
  it('decides for whom a token is active', async () => {
    const orders = await addService(service, { scopes: ['introspect'], audiences: ['https://orders.test'] });
    const phone = await mobile(service.url);
    const token = await tokenOf(service.url, client);
    expect((await asked(token, orders)).json).toMatchObject({ active: true, sub: client.clientId });
    expect((await asked(token)).text).toBe(INACTIVE);
    expect((await asked(phone.accessToken, orders)).text).toBe(INACTIVE);
    expect((await asked(phone.refreshToken, orders)).text).toBe(INACTIVE);
  });
});

describe('a caller of the introspection', () => {
  it('needs the scope, whatever the token is', async () => {
    const phone = await mobile(service.url);
    const other = await addService(service, { scopes: ['revoke'] });
    const answers = await Promise.all([phone.accessToken, 'x'].map((token) => asked(token, other)));
    for (const answer of answers)
      expect([answer.status, answer.json['error'], answer.json['code']]).toEqual([
        403,
        'insufficient_scope',
        'insufficient_scope',
      ]);
  });

  it('is no user, with whatever token', async () => {
    const phone = await mobile(service.url);
    const form = { token: phone.accessToken };
    for (const headers of [{}, bearer(phone.accessToken)]) {
      const answer = await post(service.url, '/oauth/introspect', form, headers);
      expect([answer.status, answer.json['error']]).toEqual([401, 'invalid_client']);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    }
  });

  it('sends a form, and nothing else', async () => {
    const phone = await mobile(service.url);
    const headers = basic(client);
    const json = await call(service.url, 'POST', '/oauth/introspect', { body: { token: phone.accessToken }, headers });
    expect([json.status, json.json['error'], json.json['code']]).toEqual([
      415,
      'invalid_request',
      'unsupported_media_type',
    ]);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded; charset=utf-16']) {
      const answer = await post(service.url, '/oauth/introspect', 'token=x', { ...headers, 'content-type': type });
      expect(answer.status).toBe(415);
    }
    const inQuery = await post(service.url, '/oauth/introspect?token=x', 'token=x', headers);
    expect([inQuery.status, inQuery.json['error']]).toEqual([400, 'invalid_request']);
    const huge = await post(service.url, '/oauth/introspect', `token=${'a'.repeat(70_000)}`, headers);
    expect([huge.status, huge.json['error']]).toEqual([413, 'invalid_request']);
    const many = await post(service.url, '/oauth/introspect', `token=x${'&a'.repeat(20_000)}`, headers);
    expect([many.status, many.json['error']]).toEqual([400, 'invalid_request']);
  });
});
