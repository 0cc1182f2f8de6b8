// Fails when what a browser loads of this package is larger than 4 kB: bundled, minified and gzipped.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MAX_BYTES = 4096;

const entry = join(dirname(fileURLToPath(import.meta.url)), 'src/main.ts');
const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', platform: 'browser', write: false };
const { outputFiles } = await build({ entryPoints: [entry], ...options });
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
process.stdout.write(`@watchword/client: ${bytes} of at most ${MAX_BYTES} bytes, gzipped\n`);
if (bytes > MAX_BYTES) process.exit(1);
