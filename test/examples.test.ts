// The services of examples/: started as a newcomer starts them, against a running issuer.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, bearer, call, callOther, mobile } from './support/client.js';
import { freePort } from './support/process.js';
import { startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

/** The examples, what the project has installed, and the verifier as it is published. */
const folder = mkdtempSync(join(tmpdir(), 'watchword-examples-'));
beforeAll(() => {
  for (const part of ['packages', 'examples', 'tsconfig.json'])
    cpSync(part, join(folder, part), { recursive: true, filter: (file) => !/node_modules|\/dist$/.test(file) });
  const [installed, modules] = [join(process.cwd(), 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(join(modules, '@watchword'), { recursive: true });
  const others = readdirSync(installed).filter((name) => name !== '@watchword');
  for (const name of others) symlinkSync(join(installed, name), join(modules, name));
  symlinkSync(join(folder, 'packages/verifier'), join(modules, '@watchword/verifier'));
  execFileSync(process.execPath, [join(folder, 'packages/verifier/build.mjs')]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function startExample(name: string, issuer: string): Promise<string> {
  const port = await freePort();
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: folder, ISSUER: issuer, PORT: String(port) };
  const child: ChildProcess = spawn('npm', ['start'], { cwd: join(folder, 'examples', name), env, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  onTestFinished(async () => {
    const end = (signal: NodeJS.Signals) => child.exitCode ?? process.kill(-child.pid!, signal);
    end('SIGTERM');
    const isOver = await Promise.race([exited.then(() => true), sleep(10_000).then(() => false)]);
    if (!isOver) end('SIGKILL');
    expect([name, isOver, output]).toEqual([name, true, expect.any(String)]); // it ends by itself
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    callOther(url, 'GET', '/').then(
      ({ status }) => status === 200,
      () => false,
    );
  await until(`${name} answers or ends`, async () => child.exitCode !== null || answers(), 30_000);
  if (child.exitCode !== null) throw new Error(output);
  return url;
}

const verdict = ({ status, json, headers }: Answer) => ({
  status,
  code: json['code'],
  session: json['session'],
  challenge: headers['www-authenticate'],
});

describe.each(['node-sibling', 'fastify-sibling', 'nestjs-sibling'])('examples/%s', (name) => {
  it('lets people in and administrators further, refuses all others as the issuer does, and learns of a logout', async () => {
    const port = await freePort();
    const service = await startServiceForTest({ PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` });
    const example = await startExample(name, service.url);
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
    const since = performance.now();
    expect(out.status).toBe(204);
    await until('it knows of the logout', async () => (await orders('GET', admin.accessToken)).status !== 200);
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(verdict(await orders('GET', admin.accessToken))).toEqual(verdict(await ours(admin.accessToken)));
    expect(verdict(await ours(admin.accessToken))).toMatchObject({ code: 'token_revoked', session: 'ended' });
  });

  it('answers 503 that keeps the session while the issuer is away', async () => {
    const example = await startExample(name, `http://127.0.0.1:${await freePort()}`);
    const { accessToken } = await mobile((await startServiceForTest()).url);
    const answer = await callOther(example, 'GET', '/orders', { headers: bearer(accessToken) });
    expect(verdict(answer)).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    expect((await callOther(example, 'GET', '/')).status).toBe(200);
  });
});
