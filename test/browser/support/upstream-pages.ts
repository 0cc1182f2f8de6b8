// What the tests of the pages about providers do again and again.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UPSTREAM_SECRET } from '../../support/upstream-provider.js';

/** @returns the settings of a service at which people sign in at these providers */
export function withProviders(...entries: readonly object[]): Record<string, string> {
  const path = join(mkdtempSync(join(tmpdir(), 'providers-')), 'providers.json');
  writeFileSync(path, JSON.stringify(entries));
  return { UPSTREAM_PROVIDERS: path, UPSTREAM_SECRET };
}
