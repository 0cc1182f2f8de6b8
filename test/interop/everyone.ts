// Every verifier that others wrote and that we try.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installFromDebian } from '../support/debian.js';
import { awsJwtVerify } from './npm/aws-jwt-verify.js';
import { expressOauth2JwtBearer } from './npm/express-oauth2-jwt-bearer.js';
import { fastJwt } from './npm/fast-jwt.js';
import { jose } from './npm/jose.js';
import { jsonWebToken } from './npm/jsonwebtoken.js';
import { oauth4webapi } from './npm/oauth4webapi.js';
import { passportJwt } from './npm/passport-jwt.js';
import { folderFor, startLines } from './programs.js';
import { haproxy, modAuthOpenidc, modOauth2, nginx } from './servers.js';
import type { ForeignVerifier, Issuer, Verify } from './verifier.js';

/** Debian's names, and a file by which one sees that it is there. */
const packages = {
  'python3-jwt': '/usr/lib/python3/dist-packages/jwt/__init__.py',
  'python3-cryptography': '/usr/lib/python3/dist-packages/cryptography/__init__.py',
  'python3-authlib': '/usr/lib/python3/dist-packages/authlib/__init__.py',
  ruby: '/usr/bin/ruby',
  'ruby-jwt': '/usr/share/rubygems-integration/all/gems/jwt-2.5.0/lib/jwt.rb',
  'libcrypt-jwt-perl': '/usr/share/perl5/Crypt/JWT.pm',
  'golang-go': '/usr/bin/go',
  'golang-github-golang-jwt-jwt-dev': '/usr/share/gocode/src/github.com/golang-jwt/jwt/parser.go',
  'golang-gopkg-square-go-jose.v2-dev': '/usr/share/gocode/src/gopkg.in/square/go-jose.v2/jws.go',
  'apache2-bin': '/usr/sbin/apache2',
  'libapache2-mod-auth-openidc': '/usr/lib/apache2/modules/mod_auth_openidc.so',
  'libapache2-mod-oauth2': '/usr/lib/apache2/modules/mod_oauth2.so',
  nginx: '/usr/sbin/nginx',
  'libnginx-mod-http-js': '/usr/lib/nginx/modules/ngx_http_js_module.so',
  haproxy: '/usr/sbin/haproxy',
} as const;

/** Debian installs them where that is allowed. */
export function installVerifiers(): void {
  const missing = Object.entries(packages).filter(([, file]) => !existsSync(file));
  const names = missing.map(([name]) => name);
  if (names.length > 0 && !installFromDebian(...names)) {
    throw new Error(`These verifiers are missing: sudo apt-get install ${names.join(' ')}`);
  }
}

/** The version of a package of npm, from what is installed. */
function npmVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string };
  return version;
}

/** Upstream's version of a package of Debian: a security update of Debian changes only what follows it. */
function debianVersion(name: keyof typeof packages): string {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
  return stdout.replace(/^\d+:/, '').replace(/[-+~].*$/, '');
}

const folder = 'test/interop/debian';
const given = ({ jwksUri, issuer, audience }: Issuer) => [jwksUri, issuer, audience];
const script = (command: string, name: string) => (issuer: Issuer) =>
  startLines(command, [`${folder}/${name}`, ...given(issuer)]);

/** Compiled from Debian's packages alone. It may not block this process, which serves the keys. */
const go =
  (name: string) =>
  async (issuer: Issuer): Promise<Verify> => {
    const built = join(folderFor(name), name);
    const offline = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOPROXY: 'off', GOFLAGS: '' };
    const env = { ...process.env, ...offline, GOCACHE: folderFor('go-cache') };
    await promisify(execFile)('go', ['build', '-o', built, `./${folder}/${name}`], { env });
    return startLines(built, given(issuer));
  };

/** After the packages have been installed. */
export const everyVerifier = (): ForeignVerifier[] => [
  npm('Node', 'jose', 'jose', jose),
  npm('Node', 'jwks-rsa with jsonwebtoken', 'jsonwebtoken', jsonWebToken),
  npm('NestJS', 'passport-jwt with jwks-rsa', 'passport-jwt', passportJwt),
  npm('Express', 'express-oauth2-jwt-bearer', 'express-oauth2-jwt-bearer', expressOauth2JwtBearer),
  npm('Fastify', 'fast-jwt with get-jwks', 'fast-jwt', fastJwt),
  npm('Node', 'aws-jwt-verify', 'aws-jwt-verify', awsJwtVerify),
  npm('Node', 'oauth4webapi (openid-client)', 'oauth4webapi', oauth4webapi),
  debian('Python', 'PyJWT', 'python3-jwt', 'pyjwt.py', script('/usr/bin/python3', 'pyjwt.py')),
  debian('Python', 'Authlib', 'python3-authlib', 'authlib_jwt.py', script('/usr/bin/python3', 'authlib_jwt.py')),
  debian('Ruby', 'ruby-jwt', 'ruby-jwt', 'ruby_jwt.rb', script('/usr/bin/ruby', 'ruby_jwt.rb')),
  debian('Perl', 'Crypt::JWT', 'libcrypt-jwt-perl', 'crypt_jwt.pl', script('/usr/bin/perl', 'crypt_jwt.pl')),
  debian('Go', 'golang-jwt', 'golang-github-golang-jwt-jwt-dev', 'golang-jwt/main.go', go('golang-jwt')),
  debian('Go', 'go-jose', 'golang-gopkg-square-go-jose.v2-dev', 'go-jose/main.go', go('go-jose')),
  debian('nginx', 'njs', 'libnginx-mod-http-js', '/examples/nginx-njs/watchword.js', nginx),
  debian('HAProxy', 'jwt_verify', 'haproxy', '/examples/haproxy/haproxy.cfg', haproxy),
  debian('Apache', 'mod_auth_openidc', 'libapache2-mod-auth-openidc', 'mod_auth_openidc.conf', modAuthOpenidc),
  debian('Apache', 'mod_oauth2', 'libapache2-mod-oauth2', 'mod_oauth2.conf', modOauth2),
];

function npm(language: string, name: string, of: string, start: ForeignVerifier['start']): ForeignVerifier {
  return { language, name, version: npmVersion(of), file: `test/interop/npm/${of}.ts`, start };
}

function debian(
  language: string,
  name: string,
  of: keyof typeof packages,
  file: string,
  start: ForeignVerifier['start'],
): ForeignVerifier {
  const path = file.startsWith('/') ? file.slice(1) : `${folder}/${file}`;
  return { language, name, version: debianVersion(of), file: path, start };
}
