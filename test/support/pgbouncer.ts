// A real PgBouncer in front of the tests' PostgreSQL, with its default configuration except the mode.
import { onTestFinished } from 'vitest';
import { launchPgBouncer, type PoolMode } from './pgbouncer-process.js';
import { through } from './settings.js';

/**
 * For one test.
 * @returns a function that turns the URL of a database into one through the pooler
 */
export async function startPgBouncer(mode: PoolMode, urls: readonly string[]): Promise<(url: string) => string> {
  const { address, stop } = await launchPgBouncer(mode, urls);
  onTestFinished(stop);
  return (url) => through(address, url);
}
