// The pages of docs/clients: every block of code compiles against the package, and what runs in Node is run.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import ts from 'typescript';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Browser, callOther } from './support/client.js';
import { freePort } from './support/process.js';
import { startServiceForTest } from './support/service.js';
import { snippets, writtenSnippets } from './support/snippets.js';
import { until } from './support/until.js';

const source = join(process.cwd(), 'packages/client/src');

describe('the code on the pages for those who write apps', () => {
  it('names its files, so that one block can import another', () => {
    expect(snippets.length).toBeGreaterThan(10);
    expect(snippets.filter(({ file }) => !/^[\w-]+(\.vue)?\.(ts|tsx|js)$/.test(file))).toEqual([]);
  });

  it('name a test for each mistake that others made, and each of these tests exists', () => {
    const page = readFileSync('docs/clients/README.md', 'utf8');
    const rows = page.slice(page.indexOf('## Mistakes that others made')).matchAll(/^\| .* \| (`test.*) \|$/gm);
    const cells = [...rows].map(([, cell = '']) => cell).join('\n');
    const named = [...cells.matchAll(/`(test\/[\w./-]+)`((?:,? “[^”]+”)+)/g)];
    expect(named.length).toBeGreaterThan(10);
    for (const [, file = '', names = ''] of named)
      for (const [, name = ''] of names.matchAll(/“([^”]+)”/g))
        expect([file, name, readFileSync(file, 'utf8').includes(name)]).toEqual([file, name, true]);
  });

  it('compiles against the package, with the types of the frameworks', () => {
    const folder = writtenSnippets();
    const stubs = join(process.cwd(), 'test/support/snippet-stubs.d.ts');
    const program = ts.createProgram([...snippets.map(({ page, file }) => join(folder, page, file)), stubs], {
      strict: true,
      noUncheckedIndexedAccess: true,
      checkJs: true,
      allowJs: true,
      noEmit: true,
      skipLibCheck: true,
      isolatedModules: true,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      moduleDetection: ts.ModuleDetectionKind.Force,
      jsx: ts.JsxEmit.ReactJSX,
      types: ['node'],
      typeRoots: [join(process.cwd(), 'node_modules/@types')],
      paths: {
        '@watchword/client': [join(source, 'main.ts')],
        '@watchword/client/*': [join(source, '*.ts')],
        vue: [join(process.cwd(), 'node_modules/@vue/reactivity')],
      },
    });
    const found = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `${file?.fileName.replace(folder, '')}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(found).toEqual([]);
  });
});

describe('the Node server that renders pages', () => {
  async function startPage(issuer: string): Promise<string> {
    const folder = writtenSnippets();
    const outfile = join(folder, 'server.mjs');
    const entry = join(folder, 'server-rendering/server.ts');
    const alias = { '@watchword/client/server': join(source, 'server.ts') };
    await build({ entryPoints: [entry], outfile, alias, bundle: true, platform: 'node', format: 'esm' });
    const port = await freePort();
    const env = { PATH: process.env['PATH'] ?? '', ISSUER: issuer, PORT: String(port) };
    const child = spawn(process.execPath, [outfile], { env, stdio: 'inherit' });
    onTestFinished(async () => {
      child.kill();
      await Promise.race([new Promise((done) => child.once('close', done)), sleep(5_000)]);
    });
    const url = `http://127.0.0.1:${port}`;
    const answers = () =>
      callOther(url, 'GET', '/').then(
        () => true,
        () => false,
      );
    await until('the server answers', answers);
    return url;
  }

  it('shows each person their own page, many at once, and nobody a page that it cannot vouch for', async () => {
    const service = await startServiceForTest();
    const page = await startPage(service.url);
    const people = await Promise.all(Array.from({ length: 4 }, () => Browser.signedIn(service.url)));
    const emails = await Promise.all(people.map(async (one) => (await one.go('GET', '/auth/me')).json['email']));
    const shown = (cookie?: string) => callOther(page, 'GET', '/', { headers: cookie ? { cookie } : {} });
    const rounds = Array.from({ length: 5 }, () => people).flat();
    const answers = await Promise.all(rounds.map((one) => shown(one.cookiesFor('/'))));
    answers.forEach(({ text, headers }, at) => {
      expect(text).toBe(`<p>Signed in as ${emails[at % emails.length]}</p>`);
      expect(headers['cache-control']).toBe('private, no-store');
    });
    expect((await shown()).text).toContain('who.js');
    const [late] = people;
    late?.jar.delete('access_token'); // expired: the browser has to ask
    expect((await shown(late?.cookiesFor('/'))).text).toContain('who.js');
  });
});
