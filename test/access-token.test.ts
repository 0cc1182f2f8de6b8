// Which access tokens are accepted, and which are not (RFC 8725, RFC 9068, RFC 6750).
import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KeyRing } from '../src/keys/key-ring.js';
import { SignJWT } from 'jose';
import { Revocations } from '../src/revocation/revocations.js';
import { type AccessClaims, claimsOf } from '../src/tokens/access-token.js';
import { bearer, Browser, call, decode, me, mobile, type Tokens } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
let phone: Tokens;
beforeAll(async () => {
  service = await startService({ JWT_AUDIENCE: 'https://first.test,https://second.test' });
  phone = await mobile(service.url);
});
afterAll(() => service.stop());

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed by the service's own key, with unusual claims or headers. */
async function ours(claims: object, header: object = {}): Promise<string> {
  const { kid, privateKey } = await service.app.get(KeyRing).signer(new Date());
  const full = { ...decode(phone.accessToken), ...claims };
  return new SignJWT(full).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, ...header }).sign(privateKey);
}

async function expectRefused(token: string, code = 'unauthenticated'): Promise<void> {
  const answer = await me(service.url, token);
  expect([answer.status, answer.json['code']]).toEqual([401, code]);
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="watchword", error="invalid_token"/);
}

describe('a true access token', () => {
  it('carries the header and the claims of the contract (RFC 9068 §2)', async () => {
    expect(decode(phone.accessToken, 0)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    const claims = decode(phone.accessToken);
    expect(claims).toMatchObject({
      iss: 'http://auth.test',
      aud: ['https://first.test', 'https://second.test'],
      sub: phone.user.id,
      sid: phone.session.id,
      role: 'user',
      tokenVersion: 1,
      amr: ['pwd'],
      acr: 'urn:watchword:1fa',
    });
    expect(Object.keys(claims).toSorted()).toEqual(
      'acr amr aud auth_time client_id email exp iat iss jti role sid sub tokenVersion'.split(' '),
    );
    expect(claims['exp'] - claims['iat']).toBe(900);
  });

  it('of an older release, which has no acr, is accepted as one factor', async () => {
    for (const amr of [['pwd'], []]) {
      const answer = await me(service.url, await ours({ acr: undefined, amr }));
      expect([answer.status, answer.json['acr']]).toEqual([200, 'urn:watchword:1fa']);
    }
  });

  it('is accepted, also with further header members that are allowed', async () => {
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
    expect((await me(service.url, await ours({ jti: randomUUID() }))).status).toBe(200);
  });

  it('shows each of many parallel callers only themselves', async () => {
    const phones = await Promise.all(Array.from({ length: 12 }, () => mobile(service.url)));
    const calls = Array.from({ length: 20 }, () => phones).flat();
    const seen = await Promise.all(
      calls.map(async ({ accessToken }) => (await me(service.url, accessToken)).json['id']),
    );
    expect(seen).toEqual(calls.map(({ user }) => user.id));
  });

  it('is accepted up to 30 seconds after its expiry, for clocks that differ, and not later', async () => {
    const own = await startServiceForTest({ ACCESS_TOKEN_TTL_SECONDS: '60' });
    const tokens = await mobile(own.url);
    await own.advance(85);
    expect((await me(own.url, tokens.accessToken)).status).toBe(200);
    await own.advance(7);
    const late = await me(own.url, tokens.accessToken);
    expect(late.json).toMatchObject({ status: 401, code: 'token_expired', session: 'keep' });
  });
});

describe('a forged access token is refused:', () => {
  it('alg none, in several spellings (RFC 8725 §3.1)', async () => {
    const [, payload] = phone.accessToken.split('.');
    for (const alg of ['none', 'None', 'noNE', 'NONE']) {
      await expectRefused(`${base64url({ ...decode(phone.accessToken, 0), alg })}.${payload}.`);
      await expectRefused(`${base64url({ ...decode(phone.accessToken, 0), alg })}.${payload}.AA`);
    }
  });

  it('HS256 with the public key as its secret (RFC 8725 §2.1)', async () => {
    const header = decode(phone.accessToken, 0);
    const key = (await call(service.url, 'GET', '/.well-known/jwks.json')).json['keys'].find(
      (k: any) => k.kid === header['kid'],
    );
    const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const head = `${base64url({ ...header, alg: 'HS256' })}.${phone.accessToken.split('.')[1]}`;
    for (const secret of [pem, Buffer.from(key.n, 'base64url'), key.n]) {
      await expectRefused(`${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`);
    }
  });

  it('a foreign key under our kid, an embedded jwk, a jku or x5u, which is never fetched (RFC 8725 §3.10)', async () => {
    let calls = 0;
    const listener = createServer((_, response) => {
      calls++;
      response.end('{"keys":[]}');
    }).listen(0, '127.0.0.1');
    await new Promise((ready) => listener.once('listening', ready));
    const { port } = listener.address() as { port: number };
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'mine' };
    const url = `http://127.0.0.1:${port}/keys`;
    const known = decode(phone.accessToken, 0);
    const headers = [
      {},
      { jwk },
      { kid: 'mine', jwk },
      { kid: 'mine', jku: url },
      { jku: url },
      { x5u: url },
      { x5c: ['MIIB'] },
      { kid: undefined },
      { kid: '__proto__' },
      { kid: 7 },
    ];
    for (const header of headers) {
      const head = `${base64url({ ...known, ...header })}.${phone.accessToken.split('.')[1]}`;
      await expectRefused(`${head}.${sign('RSA-SHA256', Buffer.from(head), privateKey).toString('base64url')}`);
    }
    expect(calls).toBe(0);
    listener.close();
  });

  it('edited claims, a cut or changed signature, other numbers of segments', async () => {
    const [header = '', payload = '', signature = ''] = phone.accessToken.split('.');
    const flipped = signature.slice(0, 40) + (signature[40] === 'A' ? 'B' : 'A') + signature.slice(41);
    await expectRefused(`${header}.${base64url({ ...decode(phone.accessToken), role: 'admin' })}.${signature}`);
    for (const token of [
      `${header}.${payload}.${flipped}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${phone.accessToken}.x`,
      'x.y.z',
      phone.refreshToken,
    ]) {
      await expectRefused(token);
    }
  });

  it('another spelling of the same bytes (RFC 7515 §2: no padding, unused bits zero)', async () => {
    const [header = '', payload = '', signature = ''] = phone.accessToken.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.slice(-1)) + 1];
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    await expectRefused(`${header}.${payload}.${twin}`);
    await expectRefused(`${phone.accessToken}=`);
  });

  it('another type, a critical extension (RFC 8725 §3.11, RFC 7515 §4.1.11), though we signed it', async () => {
    for (const typ of ['JWT', 'revocations+jwt', 'AT+JWT', undefined]) await expectRefused(await ours({}, { typ }));
    const { kid } = await service.app.get(KeyRing).signer(new Date());
    const crit = await ours({}, { kid }).then((token) => token.split('.'));
    await expectRefused(`${base64url({ alg: 'RS256', typ: 'at+jwt', kid, crit: ['exp'] })}.${crit[1]}.${crit[2]}`);
  });

  it('a claim that is missing or of another type, though we signed it', async () => {
    // Tokens of older releases have no `acr`.
    const names = Object.keys(decode(phone.accessToken)).filter((name) => name !== 'acr');
    for (const name of names) await expectRefused(await ours({ [name]: undefined }));
    const odd = [
      { sub: 'admin' },
      { sub: ['x'] },
      { exp: '9999999999' },
      { tokenVersion: '1' },
      { acr: 2 },
      { role: ['admin'] },
      { sid: 1 },
      { jti: '' },
      { client_id: phone.user.id },
    ];
    for (const claims of odd) await expectRefused(await ours(claims));
  });

  it('another issuer or audience, though we signed it (RFC 8725 §3.8, §3.9)', async () => {
    for (const claims of [
      { iss: 'http://auth.test/' },
      { iss: 'http://other.test' },
      { aud: 'https://other.test' },
      { aud: [] },
    ]) {
      await expectRefused(await ours(claims));
    }
  });

  it('an expired token gets its own code, and a garbage Authorization header is no token', async () => {
    const past = Math.floor(Date.now() / 1000) - 3600;
    await expectRefused(await ours({ exp: past }), 'token_expired');
    for (const authorization of ['Basic abc', 'Bearer', 'Bearer ', 'bearer a b', `Token ${phone.accessToken}`]) {
      expect((await call(service.url, 'GET', '/auth/me', { headers: { authorization } })).status).toBe(401);
    }
  });
});

describe('an access token is not accepted', () => {
  it('when it is missing: 401 with a bare challenge and no verdict on a session (RFC 6750 §3)', async () => {
    const answer = await call(service.url, 'GET', '/auth/me');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="watchword"');
    expect(answer.json).toMatchObject({
      type: 'urn:watchword:problem:unauthenticated',
      status: 401,
      code: 'unauthenticated',
    });
    expect(answer.json['session']).toBeUndefined();
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('in the query or the body (ASVS 14.2.1)', async () => {
    expect((await call(service.url, 'GET', `/auth/me?access_token=${phone.accessToken}`)).status).toBe(401);
  });

  it('in a cookie and a header at once (RFC 6750 §2)', async () => {
    const browser = await Browser.signedIn(service.url);
    const both = await browser.go('GET', '/auth/me', { headers: bearer(phone.accessToken) });
    expect([both.status, both.json['code']]).toEqual([400, 'ambiguous_token']);
  });
});

it('tokens that are checked at the same moment each get their own verdict, from one statement', async () => {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  const service = await startService({}, { databaseUrl: proxy.url });
  onTestFinished(async () => {
    await service.stop();
    proxy.close();
  });
  const phones = await Promise.all(Array.from({ length: 5 }, () => mobile(service.url)));
  const [loggedOut, gone, stale] = phones;
  await call(service.url, 'POST', '/auth/logout', { headers: bearer(loggedOut?.accessToken ?? '') });
  await service.query('DELETE FROM users WHERE id = $1', [gone?.user.id]);
  await service.query('UPDATE users SET token_version = token_version + 1 WHERE id = $1', [stale?.user.id]);
  const claims = phones.map(({ accessToken }) => claimsOf(decode(accessToken)) as AccessClaims);
  const revocations = service.app.get(Revocations);
  const before = proxy.count(/from "access_revocations"/);
  const verdicts = await Promise.all(claims.map((each) => revocations.verdictFor(each)));
  expect(verdicts).toEqual(['session_revoked', 'user_gone', 'version_stale', 'live', 'live']);
  expect(proxy.count(/from "access_revocations"/) - before).toBe(1);
});
