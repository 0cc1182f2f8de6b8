// For `npm run test:pooler`: a PgBouncer for the whole run, in the mode that TEST_POOLER names. Everything that a test
// does with its own database then goes through it.
import type { TestProject } from 'vitest/node';
import { hasPgBouncer, launchPgBouncer } from './pgbouncer-process.js';
import { databaseSettings } from './settings.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port`; undefined without a pooler. */
    pooler?: string;
  }
}

/** Room for the services of all files at once: in session mode each of their connections has one of the server. */
const roomy = ['max_client_conn = 2000', 'default_pool_size = 100', 'server_idle_timeout = 2'];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mode = process.env['TEST_POOLER'];
  if (mode !== 'session' && mode !== 'transaction') throw new Error('TEST_POOLER must be session or transaction.');
  if (!hasPgBouncer) throw new Error('This needs PgBouncer: install pgbouncer with your package manager.');
  const { DATABASE_URL, DATABASE_OWNER_URL } = databaseSettings(project.getProvidedContext().postgresUrl);
  const { address, stop } = await launchPgBouncer(mode, [DATABASE_URL, DATABASE_OWNER_URL], roomy);
  project.provide('pooler', address);
  return stop;
}
