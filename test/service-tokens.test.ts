// POST /oauth/token (RFC 6749 §4.4) and POST /oauth/revoke (RFC 7009): the tokens of services, and who ends which token.
import * as oauth from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call, decode, me, mobile, refresh } from './support/client.js';
import { noteSecret } from './support/leaks.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { addService, basic, grant, introspect, post, revoke, tokenOf } from './support/services.js';

const ORDERS = 'https://orders.test';
const BILLS = 'https://bills.test/api';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const eventsOf = (type: string, column: string, value: string) =>
  service.query<{ details: Record<string, unknown>; reason: string }>(
    `SELECT details, details->>'reason' AS reason FROM audit_events WHERE type = $1 AND ${column} = $2`,
    [type, value],
  );

describe('the token of a service', () => {
  it('names the service and its resource, and has no session, no person and no refresh token', async () => {
    const client = await addService(service, { scopes: ['orders.read', 'orders.write'], resources: [ORDERS] });
    const answer = await grant(service.url, client);
    const { access_token: token, ...rest } = answer.json;
    expect([answer.status, rest]).toEqual([
      200,
      { token_type: 'Bearer', expires_in: 900, scope: 'orders.read orders.write' },
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(decode(token, 0)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    const { iat, exp, jti, ...claims } = decode(token);
    expect(claims).toEqual({
      iss: 'http://auth.test',
      aud: ORDERS,
      sub: client.clientId,
      client_id: client.clientId,
      tokenVersion: 1,
      scope: 'orders.read orders.write',
    });
    expect([exp - iat, jti]).toEqual([900, expect.stringMatching(/^[\da-f-]{36}$/)]);
    const issued = service.log.filter(
      ({ event, ...line }) => event === 'service.token_issued' && line['service'] === client.name,
    );
    expect(issued).toMatchObject([{ scope: rest['scope'], audiences: [ORDERS] }]);
  });

  it('has at most the scopes of the service', async () => {
    const client = await addService(service, { scopes: ['a', 'b', 'introspect'], resources: [ORDERS] });
    expect((await grant(service.url, client, { scope: 'b b' })).json['scope']).toBe('b');
    for (const scope of ['c', 'a c', 'a  b', 'A', '*', 'introspect revoke'])
      expect([scope, (await grant(service.url, client, { scope })).json['error']]).toEqual([scope, 'invalid_scope']);
  });

  it('is good for resources of the allow-list only (RFC 8707)', async () => {
    const client = await addService(service, { resources: [ORDERS, BILLS] });
    expect(decode(await tokenOf(service.url, client, { resource: BILLS }))['aud']).toBe(BILLS);
    const form = (...resources: string[]) =>
      ['grant_type=client_credentials', ...resources.map((each) => `resource=${encodeURIComponent(each)}`)].join('&');
    const asked = (...resources: string[]) => post(service.url, '/oauth/token', form(...resources), basic(client));
    const both = await asked(ORDERS, BILLS);
    expect(decode(both.json['access_token'])['aud']).toEqual([ORDERS, BILLS]);
    const wrong = [[], [`${ORDERS}/`], ['https://evil.test'], [ORDERS, 'https://evil.test'], ['http://auth.test']];
    for (const resources of wrong) {
      const answer = await asked(...resources);
      expect([resources, answer.status, answer.json['error']]).toEqual([resources, 400, 'invalid_target']);
    }
  });

  it('is not given to a service without a resource, nor for another grant', async () => {
    const [asker, caller] = [await addService(service), await addService(service, { resources: [ORDERS] })];
    expect((await grant(service.url, asker)).json['error']).toBe('unauthorized_client');
    const phone = await mobile(service.url);
    const tries: [string, Record<string, string>][] = [
      ['unsupported_grant_type', { grant_type: 'refresh_token', refresh_token: phone.refreshToken }],
      ['unsupported_grant_type', { grant_type: 'password', username: phone.person.email, password: 'x' }],
      ['unsupported_grant_type', { grant_type: 'Client_Credentials' }],
      ['invalid_request', {}],
      ['invalid_request', { grant_type: '' }],
    ];
    for (const [error, form] of tries) {
      const answer = await post(service.url, '/oauth/token', form, basic(caller));
      expect([form['grant_type'], answer.status, answer.json['error']]).toEqual([form['grant_type'], 400, error]);
    }
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200); // it was not spent
  });

  it('opens no route of a user, even where it is meant for Watchword itself', async () => {
    const client = await addService(service, { scopes: ['introspect'], resources: ['http://auth.test', ORDERS] });
    const own = await tokenOf(service.url, client, { resource: 'http://auth.test' });
    for (let time = 0; time < 2; time++) {
      const answer = await me(service.url, own);
      expect([answer.status, answer.json['code'], answer.json['session']]).toEqual([
        403,
        'user_token_required',
        undefined,
      ]);
      expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
    }
    expect((await me(service.url, await tokenOf(service.url, client, { resource: ORDERS }))).json['code']).toBe(
      'unauthenticated',
    );
    const logout = await call(service.url, 'POST', '/auth/logout', { headers: bearer(own) });
    expect(logout.json['code']).toBe('user_token_required');
    expect((await introspect(service.url, client, own)).json['active']).toBe(true);
  });

  it('lives as long as ACCESS_TOKEN_TTL_SECONDS says', async () => {
    const short = await startServiceForTest({ ACCESS_TOKEN_TTL_SECONDS: '60' });
    const client = await addService(short, { resources: ['http://auth.test'] });
    const token = await tokenOf(short.url, client);
    expect((await introspect(short.url, client, token)).json['active']).toBe(true);
    await short.advance(91);
    expect((await introspect(short.url, client, token)).json['active']).toBe(false);
  });
});

describe('a revocation by a service', () => {
  it('of a refresh token ends its session at once', async () => {
    const client = await addService(service, { scopes: ['revoke'] });
    const phone = await mobile(service.url);
    const answer = await revoke(service.url, client, phone.refreshToken);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await me(service.url, phone.accessToken)).json['code']).toBe('token_revoked');
    expect((await refresh(service.url, phone.refreshToken)).json['session']).toBe('ended');
    const events = await eventsOf('session.ended', 'session_id', phone.session.id);
    expect(events.map(({ details }) => details)).toEqual([{ reason: 'ended_by_service', by: client.name }]);
  });

  it('of a refresh token that was rotated ends the session, too', async () => {
    const client = await addService(service);
    const phone = await mobile(service.url);
    const next = await refresh(service.url, phone.refreshToken);
    expect((await revoke(service.url, client, phone.refreshToken)).status).toBe(200);
    expect((await me(service.url, next.json['accessToken'])).json['code']).toBe('token_revoked');
  });

  it('of an access token ends that one, and its session lives on', async () => {
    const client = await addService(service);
    const phone = await mobile(service.url);
    expect((await revoke(service.url, client, phone.accessToken, { token_type_hint: 'refresh_token' })).status).toBe(
      200,
    );
    expect((await me(service.url, phone.accessToken)).json).toMatchObject({ code: 'token_revoked', session: 'keep' });
    expect((await introspect(service.url, client, phone.accessToken)).json).toEqual({ active: false });
    const next = await refresh(service.url, phone.refreshToken);
    expect((await me(service.url, next.json['accessToken'])).status).toBe(200);
    const events = await eventsOf('token.revoked', 'session_id', phone.session.id);
    expect(events.map(({ details }) => details)).toEqual([{ by: client.name }]);
  });

  it('of the token of another service ends that one, and the next is good', async () => {
    const client = await addService(service);
    const other = await addService(service, { scopes: [], resources: ['http://auth.test'] });
    const [first, second] = [await tokenOf(service.url, other), await tokenOf(service.url, other)];
    for (let time = 0; time < 2; time++) expect((await revoke(service.url, client, first)).status).toBe(200);
    expect((await introspect(service.url, client, first)).json).toEqual({ active: false });
    expect((await introspect(service.url, client, second)).json['active']).toBe(true);
    const events = await eventsOf('service.token_revoked', `details->>'service'`, other.name);
    expect(events.map(({ details }) => details)).toEqual([
      { service: other.name, clientId: other.clientId, by: client.name },
    ]);
    await service.advance(1_100);
    await revoke(service.url, client, await tokenOf(service.url, other));
    expect(await service.query('SELECT jti FROM service_token_revocations')).toHaveLength(1); // the old one is gone
  });

  it('of anything else succeeds and changes nothing (RFC 7009 §2.2)', async () => {
    const client = await addService(service);
    const count = () =>
      service.query('SELECT (SELECT count(*) FROM audit_events) + (SELECT count(*) FROM access_revocations) AS n');
    const before = await count();
    for (const token of ['x', 'wrt_', '\u0000', 'a.b.c', client.secret])
      expect((await revoke(service.url, client, token, { token_type_hint: 'saml' })).status).toBe(200);
    expect(await count()).toEqual(before);
  });

  it('needs the scope, and then ends nothing', async () => {
    const client = await addService(service, { scopes: ['introspect'] });
    const phone = await mobile(service.url);
    for (const token of [phone.refreshToken, phone.accessToken, 'x'])
      expect((await revoke(service.url, client, token)).json['error']).toBe('insufficient_scope');
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });
});

describe('a client that others wrote (openid-client)', () => {
  const discovered = async (client: Awaited<ReturnType<typeof addService>>, auth: oauth.ClientAuth, more = {}) => {
    const metadata = await call(service.url, 'GET', '/.well-known/oauth-authorization-server');
    const local = JSON.parse(metadata.text.replaceAll('http://auth.test/', `${service.url}/`)) as oauth.ServerMetadata;
    const config = new oauth.Configuration(local, client.clientId, { client_secret: client.secret, ...more }, auth);
    oauth.allowInsecureRequests(config);
    return config;
  };

  it.each([
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ])('gets, introspects and revokes tokens by %s', async (_, method) => {
    const client = await addService(service, { resources: ['http://auth.test'] });
    const config = await discovered(client, method(client.secret));
    const tokens = await oauth.clientCredentialsGrant(config, { resource: 'http://auth.test' });
    noteSecret(tokens.access_token, 'an access token');
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'introspect revoke' });
    const phone = await mobile(service.url);
    for (const token of [tokens.access_token, phone.accessToken, phone.refreshToken]) {
      expect(await oauth.tokenIntrospection(config, token)).toMatchObject({ active: true });
      await oauth.tokenRevocation(config, token);
      expect(await oauth.tokenIntrospection(config, token)).toEqual({ active: false });
    }
  });

  it('verifies the signed answer', async () => {
    const client = await addService(service);
    const signed = { introspection_signed_response_alg: 'RS256' };
    const config = await discovered(client, oauth.ClientSecretBasic(client.secret), signed);
    oauth.enableNonRepudiationChecks(config);
    const phone = await mobile(service.url);
    expect(await oauth.tokenIntrospection(config, phone.accessToken)).toMatchObject({
      active: true,
      sub: phone.user.id,
    });
  });

  it('understands the refusals', async () => {
    const client = await addService(service, { scopes: [], resources: [ORDERS] });
    const config = await discovered(client, oauth.ClientSecretBasic(client.secret));
    const refused = (error: string, status: number) => ({ error, status, error_description: expect.any(String) });
    await expect(oauth.clientCredentialsGrant(config, { scope: 'x' })).rejects.toMatchObject(
      refused('invalid_scope', 400),
    );
    await expect(oauth.tokenIntrospection(config, 'x')).rejects.toMatchObject(refused('insufficient_scope', 403));
    await expect(oauth.genericGrantRequest(config, 'nonsense', {})).rejects.toMatchObject(
      refused('unsupported_grant_type', 400),
    );
    const wrong = await discovered(client, oauth.ClientSecretPost('wrong'));
    await expect(oauth.clientCredentialsGrant(wrong)).rejects.toMatchObject({ status: 401 });
  });
});
