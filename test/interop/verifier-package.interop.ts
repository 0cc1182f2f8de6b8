// F9: the verifier as a stranger gets it: packed, installed into an empty project, on every Node that is supported.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, hashed, SmallIssuer } from '../support/small-issuer.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'watchword-packed-'));
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const TIMEOUT_MS = 300_000;
let packed = '';

beforeAll(() => {
  execFileSync('npm', ['pack', '--silent', '-w', '@watchword/verifier', '--pack-destination', folder]);
  packed = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'no tarball');
}, TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An empty project with the package and what it is used with. */
async function project(name: string, ...dependencies: string[]): Promise<string> {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', ...quiet, packed, ...dependencies], { cwd: path, timeout: TIMEOUT_MS });
  return path;
}

type Import = readonly [names: string, from: string];

/** What the compiler says; nothing, if all is well. */
const complaintsOf = (cwd: string, args: readonly string[]) =>
  run(process.execPath, [compiler, '--ignoreConfig', ...args], { cwd }).then(
    ({ stdout }) => stdout,
    (error: Error & { stdout?: string }) => error.stdout || error.message,
  );

let programs = 0;

/** Writes the same program as an ES module or as CommonJS. */
function write(path: string, kind: 'mjs' | 'cjs', imports: readonly Import[], body: string): string {
  const lines = imports.map(([names, from]) =>
    kind === 'mjs' ? `import ${names} from '${from}';` : `const ${names} = require('${from}');`,
  );
  const file = join(path, `program-${++programs}.${kind}`);
  writeFileSync(file, [...lines, body].join('\n'));
  return file;
}

/** The answers to a good token, to none, and to that of a session that ended, at each of the program's servers. */
const ask = `
async function ask(url) {
  const answers = [];
  for (const token of [process.env.TOKEN, undefined, process.env.DEAD]) {
    const headers = token ? { authorization: 'Bearer ' + token } : {};
    const answer = await fetch(url, { headers });
    const text = await answer.text();
    answers.push(answer.status === 200 ? text : answer.status + ' ' + JSON.parse(text).code);
  }
  console.log(JSON.stringify(answers));
}
const options = { issuer: process.env.ISSUER, audience: process.env.AUDIENCE };
`;

async function answersOf(node: string, file: string): Promise<unknown[]> {
  const issuer = await new SmallIssuer().listen();
  const [claims, ended] = [issuer.claims({ sub: 'ann' }), issuer.claims()];
  issuer.set.sids = [hashed(ended.sid)];
  const [TOKEN, DEAD] = [await issuer.sign(claims, { typ: 'at+jwt' }), await issuer.sign(ended, { typ: 'at+jwt' })];
  const env = { PATH: process.env['PATH'] ?? '', TOKEN, DEAD, ISSUER: issuer.issuer, AUDIENCE };
  const { stdout, stderr } = await run(node, [file], { env, timeout: 60_000 });
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** `v24`, say. */
const versionOf = async (node: string) => (await run(node, ['--version'])).stdout.split('.')[0];

const expected = ['ann', '401 unauthenticated', '401 token_revoked'];

/** The path of a Node of this major version; from the registry unless it is the present one. */
async function nodeOf(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const args = ['--yes', '-p', `node@${major}`, 'node', '-p', 'process.execPath'];
  const { stdout } = await run('npx', args, { cwd: folder, timeout: TIMEOUT_MS });
  return stdout.trim();
}

const servers = `
const verifier = createVerifier(options);
const onNode = createServer(async (request, response) => {
  const claims = await protectNode(verifier)(request, response);
  if (claims) response.end(claims.sub);
});
const onFive = express();
onFive.get('/', protectExpress(verifier), (request, response) => response.send(claimsOf(request).sub));
const onFour = express4();
onFour.use(protectExpress(verifier));
onFour.get('/', (request, response) => response.send(claimsOf(request).sub));
const onFastify = fastify();
onFastify.get('/', { onRequest: protectFastify(verifier) }, (request) => claimsOf(request).sub);
const onOldFastify = fastify4();
onOldFastify.addHook('onRequest', protectFastify(verifier));
onOldFastify.get('/', (request) => claimsOf(request).sub);
const urlOf = (server) => new Promise((done) => {
  const listening = server.listen(0, '127.0.0.1', () => done('http://127.0.0.1:' + listening.address().port));
});
(async () => {
  for (const server of [onNode, onFive, onFour]) await ask(await urlOf(server));
  for (const app of [onFastify, onOldFastify]) await ask(await app.listen({ host: '127.0.0.1', port: 0 }));
  verifier.close();
  process.exit();
})();
`;

describe('installed into an empty project', () => {
  let path = '';
  beforeAll(async () => {
    const others = ['express@5', 'express4@npm:express@4', 'fastify@5', 'fastify4@npm:fastify@4'];
    path = await project('plain', ...others, '@types/node@20');
  }, TIMEOUT_MS);

  it(
    'brings jose and nothing else',
    async () => {
      const alone = await project('alone');
      const installed = readdirSync(join(alone, 'node_modules')).filter((name) => !name.startsWith('.'));
      expect(installed.toSorted()).toEqual(['@watchword', 'jose']);
      const content = execFileSync('tar', ['-tzf', packed], { encoding: 'utf8' });
      expect(content).toMatch(/^package\/LICENSE$/m);
      expect(content).toMatch(/^package\/README\.md$/m);
      expect(content).not.toMatch(/\.test\.|tsconfig|\/src\/[^/]+\.ts$(?<!\.d\.ts)/m);
    },
    TIMEOUT_MS,
  );

  describe.each([20, 22, 24])('Node %i', (major) => {
    it.each(['mjs', 'cjs'] as const)(
      'protects servers of Node, Express 4 and 5, Fastify 4 and 5 (%s)',
      async (kind) => {
        const named = (name: string) => (kind === 'mjs' ? `{ protect as ${name} }` : `{ protect: ${name} }`);
        const imports: Import[] = [
          ['{ createServer }', 'node:http'],
          ['{ claimsOf, createVerifier }', '@watchword/verifier'],
          [named('protectNode'), '@watchword/verifier/node'],
          [named('protectExpress'), '@watchword/verifier/express'],
          [named('protectFastify'), '@watchword/verifier/fastify'],
          ['express', 'express'],
          ['express4', 'express4'],
          ['fastify', 'fastify'],
          ['fastify4', 'fastify4'],
        ];
        const file = write(path, kind, imports, ask + servers);
        const node = await nodeOf(major);
        expect(await versionOf(node)).toBe(`v${major}`);
        expect(await answersOf(node, file)).toEqual(Array.from({ length: 5 }, () => expected));
      },
      TIMEOUT_MS,
    );
  });

  const probe = `
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorise, createVerifier, VerificationError, type AccessTokenClaims, type Verifier } from '@watchword/verifier';
import { protect as onExpress } from '@watchword/verifier/express';
import { protect as onFastify } from '@watchword/verifier/fastify';
import { protect as onNode } from '@watchword/verifier/node';
export async function use(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
  const verifier: Verifier = createVerifier({ issuer: 'https://auth.example.com', audience: ['a'], onStale: 'accept' });
  const claims: AccessTokenClaims = await verifier.verify('token', { onStale: 'refuse' });
  authorise(claims, { roles: ['admin'], maxAge: 60 });
  onExpress(verifier)(request, response, () => undefined);
  onFastify(verifier, { cookie: { allowedOrigins: [] } });
  const caller = await onNode(verifier)(request, response);
  // @ts-expect-error: the policy has another name
  await verifier.verify('token', { onStale: 'ignore' });
  const error = new VerificationError('token_stale');
  // @ts-expect-error: there is no such code
  if (error.code === 'tea_refused') return;
  return caller?.sid === undefined ? caller?.scope : caller.email;
}
`;
  it.each([
    ['node16', 'Node16', 'mts'],
    ['node16', 'Node16', 'cts'],
    ['nodenext', 'NodeNext', 'cts'],
    ['bundler', 'ESNext', 'ts'],
  ])(
    'its types resolve under %s (module %s, .%s), with every library checked',
    async (resolution, module, extension) => {
      const file = join(path, `probe-${resolution}.${extension}`);
      writeFileSync(file, probe);
      const strict = [
        '--strict',
        '--exactOptionalPropertyTypes',
        '--noEmit',
        '--skipLibCheck',
        'false',
        '--types',
        'node',
      ];
      const target = ['--target', 'ES2022', '--module', module, '--moduleResolution', resolution];
      expect(await complaintsOf(path, [...strict, ...target, file])).toBe('');
    },
    120_000,
  );
});

describe.each([10, 11, 12])('NestJS %i', (major) => {
  let path = '';
  beforeAll(async () => {
    const nest = ['common', 'core', 'platform-express', 'platform-fastify'].map((name) => `@nestjs/${name}@${major}`);
    path = await project(`nest-${major}`, ...nest, 'reflect-metadata@0.2', 'rxjs@7', '@types/node@20');
  }, TIMEOUT_MS);

  const app = (adapter: string) => `
class Things { read(claims) { return claims.sub; } }
Controller()(Things);
Get()(Things.prototype, 'read', Object.getOwnPropertyDescriptor(Things.prototype, 'read'));
Claims()(Things.prototype, 'read', 0);
class App {}
Module({ imports: [WatchwordModule.forRoot(options)], controllers: [Things] })(App);
(async () => {
  const app = await NestFactory.create(App, new ${adapter}(), { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  await ask(await app.getUrl());
  await app.close(); // and with it the verifier, or the program would not end
})();
`;
  const adapters = [
    ['ExpressAdapter', '@nestjs/platform-express'],
    ['FastifyAdapter', '@nestjs/platform-fastify'],
  ] as const;
  it.each(adapters.flatMap(([name, from]) => (['mjs', 'cjs'] as const).map((kind) => [name, kind, from] as const)))(
    'protects a route on %s (%s)',
    async (adapter, kind, from) => {
      const imports: Import[] = [
        ['{ Controller, Get, Module }', '@nestjs/common'],
        ['{ NestFactory }', '@nestjs/core'],
        [`{ ${adapter} }`, from],
        ['{ Claims, WatchwordModule }', '@watchword/verifier/nest'],
      ];
      const file = write(path, kind, imports, ask + app(adapter));
      expect(await answersOf(process.execPath, file)).toEqual([expected]);
    },
    120_000,
  );

  const probe = `
import { Controller, Get, Module } from '@nestjs/common';
import { AccessTokenGuard, Claims, OnStale, Public, Requires, Roles, Scopes, WatchwordModule } from '@watchword/verifier/nest';
import type { AccessTokenClaims } from '@watchword/verifier';
@Controller() @Roles('admin')
class Things {
  @Get() @Requires({ maxAge: 60 }) @Scopes('x') @OnStale('accept') @Public()
  read(@Claims() claims: AccessTokenClaims): string { return claims.sub; }
}
@Module({ imports: [WatchwordModule.forRoot({ issuer: 'https://a.example', audience: 'b' })], controllers: [Things] })
export class App { guard = AccessTokenGuard; }
`;
  it.each([
    ['node16', 'Node16', 'mts'],
    ['nodenext', 'NodeNext', 'cts'],
    ['bundler', 'ESNext', 'ts'],
  ])(
    'its types resolve under %s (module %s, .%s)',
    async (resolution, module, extension) => {
      const file = join(path, `probe-${resolution}.${extension}`);
      writeFileSync(file, probe);
      const strict = ['--strict', '--noEmit', '--skipLibCheck', '--types', 'node', '--experimentalDecorators'];
      const target = ['--target', 'ES2022', '--module', module, '--moduleResolution', resolution];
      expect(await complaintsOf(path, [...strict, ...target, file])).toBe('');
    },
    120_000,
  );
});
