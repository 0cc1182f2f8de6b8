// Debian's servers that verify tokens: nginx and HAProxy with the files of examples/, Apache with two modules.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../support/process.js';
import { folderFor, listen, resource, startServer } from './programs.js';
import { overTls } from './tls.js';
import type { Issuer, Verify } from './verifier.js';

/** The text of a file with other values. A value that does not stand in it is a mistake of the test. */
function adapted(file: string, values: Record<string, string>): string {
  let content = readFileSync(file, 'utf8');
  for (const [old, value] of Object.entries(values)) {
    if (!content.includes(old)) throw new Error(`${file} does not say ${old}`);
    content = content.replaceAll(old, value);
  }
  return content;
}

/** An application behind the server: it tells what it was asked, and for whom it takes the caller. */
const startApplication = () =>
  listen((request, response) => {
    const { headers, method, url: path } = request;
    void text(request).then((body) =>
      response.end(JSON.stringify({ method, path, body, user: headers['x-user-id'], role: headers['x-user-role'] })),
    );
  });

/** @returns the port of nginx with examples/nginx-njs */
export async function startNginx({ issuer, audience, jwksUri }: Issuer): Promise<number> {
  const [folder, port, application] = [folderFor('nginx'), await freePort(), await startApplication()];
  const example = 'examples/nginx-njs';
  writeFileSync(join(folder, 'watchword.js'), readFileSync(`${example}/watchword.js`));
  const configuration = adapted(`${example}/watchword.conf`, {
    'https://auth.example.com/.well-known/jwks.json': jwksUri,
    '$watchword_issuer https://auth.example.com': `$watchword_issuer ${issuer}`,
    '$watchword_audience https://auth.example.com': `$watchword_audience ${audience}`,
    'listen 8080': `listen 127.0.0.1:${port}`,
    'http://127.0.0.1:3001': `http://127.0.0.1:${application}`,
    '/etc/nginx/watchword': folder,
    '/var/cache/nginx/watchword': `${folder}/cache`,
  });
  writeFileSync(join(folder, 'watchword.conf'), configuration);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; worker_processes 2;
events {}
http { access_log off; ${temporary.join(' ')} include ${folder}/watchword.conf; }`,
  );
  await startServer(port, '/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')]);
  return port;
}

/** Runs the example's refresh-keys.py once, as a timer does. */
export const refreshKeys = (jwksUri: string, folder: string) =>
  new Promise<{ code: unknown; stderr: string }>((done) =>
    execFile('python3', ['examples/haproxy/refresh-keys.py', jwksUri, folder], (error, _stdout, stderr) =>
      done({ code: error ? error.code : 0, stderr }),
    ),
  );

/** @returns the port of HAProxy with examples/haproxy, which has its keys as refresh-keys.py wrote them */
export async function startHaproxy({ issuer, audience, jwksUri }: Issuer): Promise<number> {
  const [folder, port, application] = [folderFor('haproxy'), await freePort(), await startApplication()];
  const refreshed = await refreshKeys(jwksUri, folder);
  if (refreshed.code !== 10) throw new Error(`refresh-keys.py: ${refreshed.stderr}`);
  const configuration = adapted('examples/haproxy/haproxy.cfg', {
    "jwt_payload_query('$.iss') -m str https://auth.example.com": `jwt_payload_query('$.iss') -m str ${issuer}`,
    'https://auth.example.com': audience,
    'bind :8080': `bind 127.0.0.1:${port}`,
    '127.0.0.1:3001': `127.0.0.1:${application}`,
    '/etc/haproxy/watchword': folder,
  });
  writeFileSync(join(folder, 'haproxy.cfg'), configuration);
  await startServer(port, '/usr/sbin/haproxy', ['-f', join(folder, 'haproxy.cfg'), '-db']);
  return port;
}

async function apache(module: string, settings: string, others: readonly string[] = []): Promise<Verify> {
  const [folder, port] = [folderFor('apache'), await freePort()];
  const modules = [...others, 'mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', module];
  mkdirSync(join(folder, 'htdocs'));
  for (const name of ['resource', 'index.html']) writeFileSync(join(folder, 'htdocs', name), 'ok');
  writeFileSync(join(folder, 'mime.types'), '');
  const lines = [
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
    settings,
  ];
  writeFileSync(join(folder, 'apache.conf'), lines.join('\n'));
  await startServer(port, '/usr/sbin/apache2', ['-f', join(folder, 'apache.conf'), '-DFOREGROUND']);
  return resource(port);
}

const configuration = (name: string) => `test/interop/debian/${name}.conf`;

export async function modAuthOpenidc({ issuer, audience, jwksUri }: Issuer): Promise<Verify> {
  const { url, file } = await overTls(jwksUri);
  const values = { CERTIFICATE: file, JWKS_URI: url, ISSUER: issuer, AUDIENCE: audience };
  return apache('auth_openidc', adapted(configuration('mod_auth_openidc'), values));
}

export async function modOauth2({ issuer, audience, jwksUri }: Issuer): Promise<Verify> {
  const { url } = await overTls(jwksUri);
  const values = { JWKS_URI: url, ISSUER: issuer, AUDIENCE: audience };
  return apache('oauth2', adapted(configuration('mod_oauth2'), values));
}

export const nginx = (issuer: Issuer) => startNginx(issuer).then(resource);
export const haproxy = (issuer: Issuer) => startHaproxy(issuer).then(resource);
