// One real PostgreSQL for the whole run, and a migrated template that each test file clones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { Clock } from '../../src/clock.js';
import { Config } from '../../src/config/config.js';
import { Log } from '../../src/telemetry/log.js';
import { createApp } from '../../src/app.js';
import { startEmbeddedPostgres } from '../../src/database/embedded/postgres.js';
import { makeAsOnShards } from './as-on-shards.js';
import { databaseSettings, SERVICE_ROLE, TEMPLATE, testSettings } from './settings.js';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-test-'));
  const server = await startEmbeddedPostgres({
    folder,
    overTcp: true, // the proxies of the tests stand between two ports
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'],
  });
  await makeTemplate(server.ownerUrl);
  project.provide('postgresUrl', server.ownerUrl);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Migrated and with signing keys, so that no test waits for RSA; its clock can be moved; as on shards. */
async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  // databaseSettings() makes the service's URL from the owner's.
  await admin.query(`ALTER ROLE ${SERVICE_ROLE} PASSWORD ${admin.escapeLiteral(new URL(url).password)}`);
  await admin.end();

  const templateUrl = url.replace(/\/postgres$/, `/${TEMPLATE}`);
  const config = Config.fromEnv({ ...testSettings, ...databaseSettings(templateUrl) });
  const app = await createApp({ config, log: Log.to(config), clock: new Clock() });
  await app.close();

  const template = new pg.Client({ connectionString: templateUrl });
  await template.connect();
  await template.query(`
    CREATE TABLE test_clock (shift interval NOT NULL);
    INSERT INTO test_clock VALUES ('0');
    GRANT SELECT ON test_clock TO ${SERVICE_ROLE};
    CREATE OR REPLACE FUNCTION protocol_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
      AS 'SELECT clock_timestamp() + shift FROM public.test_clock';`);
  await makeAsOnShards(template, SERVICE_ROLE);
  await template.end();
}
