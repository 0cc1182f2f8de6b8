// Builds web/dist/, the files of the account pages, if their sources have changed; each file also compressed.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { digestOf, filesIn, isFresh, replaceFolder } from './fresh-folder.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

export const PAGES = join(root, 'web/dist');

/** @returns the files that the pages are made from */
export const inputsOfPages = () => [
  ...filesIn(root, 'web', /^web\/(?!dist[./]).*\.(tsx?|css|json|svg|html|mjs)$/),
  ...['packages/client', 'packages/contract'].flatMap((folder) =>
    filesIn(root, folder, /^packages\/\w+\/src\/.*\.ts$/),
  ),
  ...['scripts/build-pages.mjs', 'tsconfig.json', 'package-lock.json'],
];

/** @returns {void} once web/dist/ holds a build of the present sources; throws a sentence if that fails */
export function buildPagesIfStale() {
  const wanted = digestOf(root, inputsOfPages());
  if (isFresh(PAGES, wanted)) return;
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin/vite.js');
  replaceFolder(PAGES, wanted, (draft) => {
    const options = ['--outDir', draft, '--emptyOutDir', '--logLevel', 'warn'];
    const { status } = spawnSync(process.execPath, [vite, 'build', join(root, 'web'), ...options], {
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error('The account pages do not build.');
    for (const name of readdirSync(join(draft, 'assets'))) compress(join(draft, 'assets', name));
  });
}

function compress(file) {
  const content = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPagesIfStale();
