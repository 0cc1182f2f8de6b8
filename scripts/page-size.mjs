// Fails when the account pages are larger than 60 kB: document and every file, gzipped. No page loads more than all. What
// only administrators load has 20 kB of its own.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildPagesIfStale, PAGES } from './build-pages.mjs';

const MAX_BYTES = 60_000;
const MAX_FOR_ADMINISTRATORS = 20_000;

buildPagesIfStale();
const files = readdirSync(join(PAGES, 'assets')).filter((name) => name.endsWith('.gz'));
const sizeOf = (names) => names.reduce((sum, name) => sum + statSync(join(PAGES, 'assets', name)).size, 0);
const document = gzipSync(readFileSync(join(PAGES, 'index.html'))).length;
const bytes = document + sizeOf(files.filter((name) => !name.startsWith('admin-')));
const more = sizeOf(files.filter((name) => name.startsWith('admin-')));
process.stdout.write(`account pages: ${bytes} of at most ${MAX_BYTES} bytes, gzipped\n`);
process.stdout.write(`for administrators: ${more} of at most ${MAX_FOR_ADMINISTRATORS} more\n`);
if (bytes > MAX_BYTES || more > MAX_FOR_ADMINISTRATORS) process.exit(1);
