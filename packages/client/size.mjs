// Fails when what a browser loads of this package is larger than 4 kB: bundled, minified and gzipped. A browser app
// imports the client, and no storage for tokens.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MAX_BYTES = 4096;

const stdin = {
  contents: "export { createClient, Refused, Undecided } from './src/main.ts'",
  resolveDir: dirname(fileURLToPath(import.meta.url)),
};
const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', platform: 'browser', write: false };
const { outputFiles } = await build({ stdin, ...options });
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
process.stdout.write(`@watchword/client: ${bytes} of at most ${MAX_BYTES} bytes, gzipped\n`);
if (bytes > MAX_BYTES) process.exit(1);
