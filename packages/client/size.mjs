// Fails when what a browser loads of this package is larger than it may be: bundled, minified and gzipped. A browser app
// imports the client, and no storage for tokens; one with bearer tokens may import the keys as well.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const CLIENT = "export { createClient, Refused, Undecided } from './src/main.ts';";
const KEYS = "export { bound, indexedDbKeys } from './src/bound.ts';";
const MAX_BYTES = 4096;
const MAX_BYTES_WITH_KEYS = 6144;

const resolveDir = dirname(fileURLToPath(import.meta.url));
const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', platform: 'browser', write: false };

async function check(name, contents, most) {
  const { outputFiles } = await build({ stdin: { contents, resolveDir }, ...options });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  process.stdout.write(`${name}: ${bytes} of at most ${most} bytes, gzipped\n`);
  if (bytes > most) process.exitCode = 1;
}

await check('@watchword/client', CLIENT, MAX_BYTES);
await check('with keys', CLIENT + KEYS, MAX_BYTES_WITH_KEYS);
