// Verifiers that are no npm packages, each as a process with its default settings, while keys rotate under load.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { Config } from '../../src/config/config.js';
import { KeyRing } from '../../src/keys/key-ring.js';
import { KeyStore } from '../../src/keys/key-store.js';
import { planRotation, policyOf } from '../../src/keys/rotation.js';
import { bearer, call, decode, me, mobile } from '../support/client.js';
import { installFromDebian } from '../support/debian.js';
import { freePort } from '../support/process.js';
import {
  npmVerifiers,
  rotateUnderLoad,
  setTime,
  startFleet,
  startFront,
  type Verifier,
} from '../support/rotation-under-load.js';
import type { Service } from '../support/service.js';

/** Debian's names, and a file by which one sees that it is there. */
const packages = {
  'python3-jwt': '/usr/lib/python3/dist-packages/jwt/__init__.py',
  'python3-cryptography': '/usr/lib/python3/dist-packages/cryptography/__init__.py',
  'apache2-bin': '/usr/sbin/apache2',
  'libapache2-mod-auth-openidc': '/usr/lib/apache2/modules/mod_auth_openidc.so',
  nginx: '/usr/sbin/nginx',
  'libnginx-mod-http-js': '/usr/lib/nginx/modules/ngx_http_js_module.so',
  haproxy: '/usr/sbin/haproxy',
} as const;

beforeAll(() => {
  const missing = Object.entries(packages).filter(([, file]) => !existsSync(file));
  const names = missing.map(([name]) => name);
  if (names.length === 0) return;
  if (!installFromDebian(...names)) {
    throw new Error(`These verifiers are missing: sudo apt-get install ${names.join(' ')}`);
  }
}, 600_000);

const here = new URL('.', import.meta.url).pathname;

/** Starts a server and waits until it listens; what it wrote is shown when it does not. */
async function startProgram(port: number, command: string, args: readonly string[], env = {}): Promise<void> {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(5_000).then(() => child.kill('SIGKILL'))]);
  });
  for (let waited = 0; waited < 20_000; waited += 100) {
    if (
      await call(`http://127.0.0.1:${port}`, 'GET', '/').then(
        () => true,
        () => false,
      )
    )
      return;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`${command} does not listen: ${output}`);
}

/** A resource of somebody else's: 200 for a good token. */
const resource = (name: string, port: number): Verifier => ({
  name,
  verify: async (token) => {
    const answer = await call(`http://127.0.0.1:${port}`, 'GET', '/resource', { headers: bearer(token) });
    return answer.status === 200 ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`;
  },
});

async function pyJwt(jwksUri: string): Promise<Verifier> {
  const port = await freePort();
  await startProgram(port, '/usr/bin/python3', [join(here, 'pyjwt.py'), String(port), jwksUri, 'http://auth.test']);
  return resource("PyJWT's PyJWKClient", port);
}

/** mod_auth_openidc reads a key set over https only. */
async function overTls(jwksUri: string, folder: string): Promise<{ url: string; certificate: string }> {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) => {
    fetch(jwksUri).then(
      async (answer) =>
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { url: `https://127.0.0.1:${(server.address() as { port: number }).port}/jwks.json`, certificate };
}

async function apache(jwksUri: string, folder: string): Promise<Verifier> {
  const port = await freePort();
  const tls = await overTls(jwksUri, folder);
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'dir', 'mime'];
  mkdirSync(join(folder, 'htdocs'), { recursive: true });
  writeFileSync(join(folder, 'htdocs/resource'), 'ok');
  writeFileSync(join(folder, 'htdocs/index.html'), 'ok');
  writeFileSync(join(folder, 'mime.types'), '');
  writeFileSync(
    join(folder, 'apache.conf'),
    [
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      `ServerRoot ${folder}`,
      `DefaultRuntimeDir ${folder}`,
      `PidFile ${folder}/apache.pid`,
      `ErrorLog ${folder}/apache.log`,
      'ServerName 127.0.0.1',
      `Listen 127.0.0.1:${port}`,
      'User www-data',
      'Group www-data',
      `DocumentRoot ${folder}/htdocs`,
      `TypesConfig ${folder}/mime.types`,
      `OIDCCABundlePath ${tls.certificate}`,
      `OIDCOAuthVerifyJwksUri ${tls.url}`,
      '<Location /resource>',
      '  AuthType oauth20',
      '  Require claim iss:http://auth.test',
      '</Location>',
    ].join('\n'),
  );
  await startProgram(port, '/usr/sbin/apache2', ['-f', join(folder, 'apache.conf'), '-DFOREGROUND']);
  return resource("Apache's mod_auth_openidc", port);
}

async function nginx(jwksUri: string, folder: string): Promise<Verifier> {
  const port = await freePort();
  writeFileSync(join(folder, 'verify.js'), readFileSync(join(here, 'verify.njs.js')));
  writeFileSync(
    join(folder, 'nginx.conf'),
    `load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
worker_processes 2;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=jwks:1m;
  js_path ${folder};
  js_import verify from verify.js;
  server {
    listen 127.0.0.1:${port};
    location = / { return 200; }
    location /resource { js_content verify.resource; }
    location = /jwks {
      internal;
      proxy_pass ${jwksUri};
      proxy_cache jwks;
      proxy_cache_use_stale error timeout http_500 http_502 http_503;
    }
  }
}`,
  );
  await startProgram(port, '/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')]);
  return resource('nginx with njs', port);
}

/** HAProxy knows no key sets: what runs hourly beside it writes each key as a PEM, and a line that names it. */
async function haproxy(jwksUri: string, folder: string): Promise<Verifier> {
  const port = await freePort();
  const { keys } = (await (await fetch(jwksUri)).json()) as { keys: { kid: string }[] };
  const lines = keys.map((key, index) => {
    const file = join(folder, `key-${index}.pem`);
    writeFileSync(file, createPublicKey({ key: key as never, format: 'jwk' }).export({ format: 'pem', type: 'spki' }));
    return `  http-request set-var(txn.valid) var(txn.bearer),jwt_verify(txn.alg,"${file}") if { var(txn.kid) -m str ${key.kid} }`;
  });
  writeFileSync(
    join(folder, 'haproxy.cfg'),
    `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend resource
  bind 127.0.0.1:${port}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.kid) var(txn.bearer),jwt_header_query('$.kid')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
${lines.join('\n')}
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.valid) -m int 1 }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request return status 200
`,
  );
  await startProgram(port, '/usr/sbin/haproxy', ['-f', join(folder, 'haproxy.cfg'), '-db']);
  return resource('HAProxy with jwt_verify', port);
}

function folderFor(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `watchword-${name}-`));
  execFileSync('chmod', ['755', folder]);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('no verifier refuses a token while the keys rotate, though one instance does not look', async () => {
  const fleet = await startFleet(3);
  const front = await startFront(fleet);
  const verifiers = [
    ...npmVerifiers(front.url),
    await pyJwt(front.url),
    await apache(front.url, folderFor('apache')),
    await nginx(front.url, folderFor('nginx')),
    await haproxy(front.url, folderFor('haproxy')),
  ];
  // Each does its work: a good token passes, the same with another signature does not.
  const { accessToken } = await mobile(fleet[0]!.url);
  const [head, body] = accessToken.split('.');
  const forged = `${head}.${body}.${Buffer.alloc(256, 1).toString('base64url')}`;
  for (const { name, verify } of verifiers) {
    expect([name, await verify(accessToken)]).toEqual([name, undefined]);
    expect([name, await verify(forged).catch(String)]).toEqual([name, expect.any(String)]);
  }
  const outcome = await rotateUnderLoad(fleet, verifiers);
  process.stdout.write(
    `${JSON.stringify({ shown: outcome.shown, fetched: front.served(), refused: outcome.refused.length })}\n`,
  );
  expect(outcome.refused).toEqual([]);
  expect(outcome.kids).toHaveLength(2);

  // Did the test look? A key that was not published ahead is refused by who does not fetch again, and by nobody else of ours.
  const [first] = fleet as [Service];
  const policy = policyOf(first.app.get(Config));
  await first.app.get(KeyStore).change((keys, now) => planRotation(keys, now, policy, true), null);
  await setTime(fleet, 40);
  await Promise.all(fleet.map(({ app }) => app.get(KeyRing).reload()));
  const young = await mobile(first.url);
  expect(outcome.kids).not.toContain(decode(young.accessToken, 0)['kid']);
  for (const { url } of fleet) expect((await me(url, young.accessToken)).status).toBe(200);
  for (const { name, verify } of verifiers.filter(({ name: of }) => /nginx|HAProxy/.test(of))) {
    expect([name, await verify(young.accessToken)]).toEqual([name, expect.stringMatching(/^401/)]);
  }
}, 180_000);
