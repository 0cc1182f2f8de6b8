// Loads what tsc wrote of the service; it must be built before (scripts/build.mjs).
import { existsSync, symlinkSync } from 'node:fs';

const DIST = new URL('../../dist/', import.meta.url);
// A bundle finds the migrations two folders up; what tsc wrote lies one folder deeper.
const MIGRATIONS = new URL('drizzle', DIST);

/** @param file such as `tokens/refresh-token.js` @returns the module */
export function built(file) {
  if (!existsSync(MIGRATIONS)) symlinkSync('../drizzle', MIGRATIONS);
  return import(new URL(`src/${file}`, DIST).href);
}
