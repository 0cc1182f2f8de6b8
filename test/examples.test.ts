// The services of examples/: started as a newcomer starts them, against a running issuer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, bearer, call, callOther, mobile } from './support/client.js';
import { copyOfExamples, removed, startExample } from './support/example-process.js';
import { freePort } from './support/process.js';
import { startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

let folder: string;
beforeAll(() => {
  folder = copyOfExamples(['verifier']);
}, 120_000);
afterAll(() => removed(folder));

const verdict = ({ status, json, headers }: Answer) => ({
  status,
  code: json['code'],
  session: json['session'],
  challenge: headers['www-authenticate'],
});

describe.each(['node-sibling', 'fastify-sibling', 'nestjs-sibling'])('examples/%s', (name) => {
  it('lets people in and administrators further, refuses all others as the issuer does, and learns of a logout', async () => {
    const port = await freePort();
    const service = await startServiceForTest({
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      MFA_REQUIRED_ROLES: 'none',
    });
    const example = await startExample(folder, name, service.url);
    const orders = async (method: string, token?: string) =>
      callOther(example, method, '/orders', { headers: token === undefined ? {} : bearer(token) });
    const phone = await mobile(service.url);
    await until('it knows the keys and the feed', async () => (await orders('GET', phone.accessToken)).status === 200);
    expect((await orders('GET', phone.accessToken)).json).toEqual({ of: phone.user.id });
    expect(verdict(await orders('DELETE', phone.accessToken))).toMatchObject({ status: 403, code: 'forbidden' });

    await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [phone.user.id]);
    const admin = await mobile(service.url, phone.person);
    expect((await orders('DELETE', admin.accessToken)).status).toBe(204);

    const [head, body] = phone.accessToken.split('.');
    const forged = `${head}.${body}.${Buffer.alloc(256, 1).toString('base64url')}`;
    const ours = (token?: string) => call(service.url, 'GET', '/auth/me', { headers: token ? bearer(token) : {} });
    for (const token of [undefined, forged, 'nonsense', phone.refreshToken]) {
      expect(verdict(await orders('GET', token))).toEqual(verdict(await ours(token)));
      expect((await orders('DELETE', token)).status).toBe(401);
    }

    const out = await call(service.url, 'POST', '/auth/logout', { headers: bearer(admin.accessToken), body: {} });
    expect(out.status).toBe(204);
    await until('it knows of the logout', async () => (await orders('GET', admin.accessToken)).status !== 200);
    expect(verdict(await orders('GET', admin.accessToken))).toEqual(verdict(await ours(admin.accessToken)));
    expect(verdict(await ours(admin.accessToken))).toMatchObject({ code: 'token_revoked', session: 'ended' });
  });

  it('answers 503 that keeps the session while the issuer is away', async () => {
    const example = await startExample(folder, name, `http://127.0.0.1:${await freePort()}`);
    const { accessToken } = await mobile((await startServiceForTest()).url);
    const answer = await callOther(example, 'GET', '/orders', { headers: bearer(accessToken) });
    expect(verdict(answer)).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    expect((await callOther(example, 'GET', '/')).status).toBe(200);
  });
});
