// What refresh.md promises of every session, R9 and R12 to R14, with sessions that are bound to a key.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KeyRing } from '../src/keys/key-ring.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { firstRefreshToken, formatRefreshToken } from '../src/tokens/refresh-token.js';
import { Browser, call, decode, refresh } from './support/client.js';
import { boundMobile, boundRefresh, ClientKey } from './support/key-proofs.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

const PATH = '/auth/refresh';

let service: Service;
let key: ClientKey;
beforeAll(async () => {
  [service, key] = [await startService({ ACCESS_TOKEN_BINDING: 'on' }), await ClientKey.make()];
});
afterAll(() => service.stop());

/** A service behind a proxy that sees its statements. */
async function behindProxy() {
  const proxy = await PostgresProxy.before(await cloneDatabase());
  const own = await startService({}, { databaseUrl: proxy.url });
  own.app.get(KeyWatch).onApplicationShutdown();
  onTestFinished(async () => {
    await own.stop();
    proxy.close();
  });
  return { proxy, own };
}

describe('R9 with a key:', () => {
  it('a dump holds no private key, no proof and no id of one, and with the token it opens nothing', async () => {
    const own = await startServiceForTest();
    const phone = await boundMobile(own.url, key);
    const jti = randomUUID();
    const headers = await key.headers(PATH, { claims: { jti } });
    const next = (await refresh(own.url, phone.refreshToken, headers)).json;
    const tables = await own.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    let dump = '';
    for (const { name } of tables) dump += JSON.stringify(await own.query(`SELECT t::text FROM ${name} t`));
    const hexOf = (text: string) => Buffer.from(text).toString('hex');
    for (const secret of [key.privateJwk.d ?? '', jti, headers.dpop, next['refreshToken'] as string])
      for (const text of [secret, hexOf(secret)]) expect(dump).not.toContain(text);
    expect(dump).toContain(key.jkt);
    // All that the dump says of the key is its thumbprint, which a header can name but no signature can match.
    const thief = await ClientKey.make();
    for (const parts of [{}, { header: { jwk: key.jwk } }, { header: { jwk: thief.jwk, kid: key.jkt } }]) {
      const forged = await thief.headers(PATH, { ...parts, claims: { jkt: key.jkt } });
      expect((await refresh(own.url, next['refreshToken'], forged)).json['code']).toBe('dpop_proof_invalid');
    }
    expect((await boundRefresh(own.url, key, next['refreshToken'])).status).toBe(200);
  });
});

describe('R12 with a key:', () => {
  it('a malformed, non-canonical or mistyped token is refused like an unknown one', async () => {
    const { refreshToken: token, user } = await boundMobile(service.url, key);
    const unknown = await boundRefresh(service.url, key, formatRefreshToken(firstRefreshToken(user.id)));
    expect([unknown.status, unknown.json['code']]).toEqual([401, 'refresh_token_invalid']);
    const mistyped = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const text of ['', 'x', token.slice(0, -1), `${token}=`, mistyped, token.toUpperCase()]) {
      const answer = await boundRefresh(service.url, key, text);
      expect({ ...answer.json, requestId: '' }).toEqual({ ...unknown.json, requestId: '' });
    }
    expect((await boundRefresh(service.url, key, token)).status).toBe(200);
  });

  it('a text that is no token and a proof that does not do cause no statement about sessions', async () => {
    const { proxy, own } = await behindProxy();
    const phone = await boundMobile(own.url, key);
    const before = proxy.count(/refresh_tokens/);
    const beyond = formatRefreshToken({ ...firstRefreshToken(randomUUID()), generation: 2 ** 31 });
    for (const text of [beyond, '', 'x', `wrt_${'A'.repeat(96)}`, `${phone.refreshToken}=`])
      expect((await boundRefresh(own.url, key, text)).status).toBe(401);
    const wrong = { dpop: 'no.proof.atall' };
    expect((await refresh(own.url, phone.refreshToken, wrong)).json['code']).toBe('dpop_proof_invalid');
    expect(proxy.count(/refresh_tokens/)).toBe(before);
    expect((await boundRefresh(own.url, key, phone.refreshToken)).status).toBe(200);
    expect(proxy.count(/refresh_tokens/)).toBe(before + 1);
  });
});

describe('R13 with a key:', () => {
  it('a token from a body is refused in a cookie, with its proof as well, and neither is used up', async () => {
    const phone = await boundMobile(service.url, key);
    const browser = await Browser.signedIn(service.url, phone.person);
    const proof = await key.headers(PATH);
    const cookie = `${browser.cookiesFor('/')}; refresh_token=${phone.refreshToken}`;
    const answer = await call(service.url, 'POST', PATH, { headers: { ...proof, cookie } });
    expect(answer.json).toMatchObject({ status: 400, code: 'transport_mismatch', session: 'keep' });
    expect(answer.cookies).toEqual([]);
    expect((await refresh(service.url, phone.refreshToken, proof)).status).toBe(200);
  });

  it('a token from a body that somebody planted as a cookie ends nothing, and the browser is signed out', async () => {
    const phone = await boundMobile(service.url, key);
    const browser = await Browser.signedIn(service.url);
    const own = browser.cookie('refresh_token')?.value ?? '';
    const cookie = `refresh_token=${phone.refreshToken}; refresh_token=${own}`;
    const headers = { cookie, origin: 'http://auth.test', 'sec-fetch-site': 'same-origin' };
    expect((await call(service.url, 'DELETE', PATH, { headers })).status).toBe(204);
    expect((await browser.go('POST', PATH)).json['code']).toBe('refresh_token_invalid');
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
  });

  it('a session over cookies gets no key by a proof, and its token does not leave the cookie', async () => {
    const browser = await Browser.signedIn(service.url);
    const { sub, sid } = decode(browser.cookie('access_token')?.value ?? '');
    const value = browser.cookie('refresh_token')?.value ?? '';
    const answer = await boundRefresh(service.url, key, value);
    expect(answer.json).toMatchObject({ status: 400, code: 'transport_mismatch', session: 'keep' });
    expect((await browser.go('POST', PATH, { headers: await key.headers(PATH) })).status).toBe(200);
    const rows = await service.query('SELECT jkt FROM refresh_tokens WHERE user_id = $1 AND id = $2', [sub, sid]);
    expect(rows).toEqual([{ jkt: null }]);
  });
});

describe('R14 with a key:', () => {
  it('while no key of ours can sign, a refresh gets 503, and neither token nor proof is used up', async () => {
    const own = await startServiceForTest({ REFRESH_GRACE_BOUND_SECONDS: '0' });
    own.app.get(KeyWatch).onApplicationShutdown(); // it would make a key that signs
    const phone = await boundMobile(own.url, key);
    const keys = await own.query('SELECT kid, activate_at FROM signing_keys WHERE activate_at IS NOT NULL');
    await own.query("UPDATE signing_keys SET activate_at = '9999-01-01Z' WHERE activate_at IS NOT NULL");
    await own.app.get(KeyRing).reload();
    const proof = await key.headers(PATH);
    for (let attempt = 0; attempt < 2; attempt++)
      expect((await refresh(own.url, phone.refreshToken, proof)).json).toMatchObject({
        ...{ code: 'unavailable', session: 'keep' },
      });
    for (const { kid, activate_at } of keys)
      await own.query('UPDATE signing_keys SET activate_at = $2 WHERE kid = $1', [kid, activate_at]);
    await own.app.get(KeyRing).reload();
    expect((await refresh(own.url, phone.refreshToken, proof)).status).toBe(200);
  });

  it('a client that waited too long for the keys gets 503, and its token and proof are good when they arrive', async () => {
    const { proxy, own } = await behindProxy();
    const phone = await boundMobile(own.url, key);
    own.clock.shiftSeconds += 61;
    const proof = await key.headers(PATH);
    const held = proxy.pauseBefore(/key_ring_version.*signing_keys/s);
    const answer = refresh(own.url, phone.refreshToken, proof);
    expect(await held.arrivesDuring(answer)).toBe(true);
    await sleep(2_300); // the ring waits for 2 s, by a timer of this same process
    held.release();
    expect((await answer).json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    await own.app.get(KeyRing).reload(); // in turn: the keys have been read before this ends
    expect(await own.query('SELECT generation, proof_iat FROM refresh_tokens')).toMatchObject([{ generation: 0 }]);
    expect((await refresh(own.url, phone.refreshToken, proof)).status).toBe(200);
  });

  it('a refresh does not revoke the bound access token that it replaces', async () => {
    const phone = await boundMobile(service.url, key);
    expect((await boundRefresh(service.url, key, phone.refreshToken)).status).toBe(200);
    const headers = await key.access(phone.accessToken, '/auth/me', { claims: { htm: 'GET' } });
    expect((await call(service.url, 'GET', '/auth/me', { headers })).status).toBe(200);
  });
});
