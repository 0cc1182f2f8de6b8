// Fails when the account pages are larger than 60 kB: document and every file, gzipped. No page loads more than all.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildPagesIfStale, PAGES } from './build-pages.mjs';

const MAX_BYTES = 60_000;

buildPagesIfStale();
const files = readdirSync(join(PAGES, 'assets')).filter((name) => name.endsWith('.gz'));
const sizes = files.map((name) => statSync(join(PAGES, 'assets', name)).size);
const document = gzipSync(readFileSync(join(PAGES, 'index.html'))).length;
const bytes = sizes.reduce((sum, size) => sum + size, document);
process.stdout.write(`account pages: ${bytes} of at most ${MAX_BYTES} bytes, gzipped\n`);
if (bytes > MAX_BYTES) process.exit(1);
