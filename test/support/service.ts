// A running service on its own database: the real application, real PostgreSQL, real HTTP.
import { Writable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { expect, inject, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { Clock } from '../../src/clock.js';
import { Config } from '../../src/config/config.js';
import { Log } from '../../src/telemetry/log.js';
import { Tracing } from '../../src/tracing/tracing.js';
import { KeyRing } from '../../src/keys/key-ring.js';
import { KEY_LOCK } from '../../src/keys/signing-keys.js';
import { leaksIn, noteSecret, refusalsOf, withoutPrintedMails } from './leaks.js';
import { watched } from './met.js';
import { databaseSettings, TEMPLATE, testSettings, through } from './settings.js';

/** A process clock that can be moved, as the database's can. */
class MovableClock extends Clock {
  shiftSeconds = 0;
  override now(): Date {
    return new Date(super.now().getTime() + this.shiftSeconds * 1000);
  }
}

export interface Service {
  readonly url: string;
  /** For the role that owns the schema; the service itself uses another role. */
  readonly databaseUrl: string;
  readonly app: NestFastifyApplication;
  readonly clock: MovableClock;
  /** Every log line so far, parsed. */
  readonly log: Record<string, unknown>[];
  /** Runs a statement on the service's own database. */
  query<T extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>;
  /** Moves the time of the protocol (the database's) and of the process. */
  advance(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

let databases = 0;
/** Of the file of tests that runs. */
const started: Service[] = [];
const cloned: string[] = [];

/** A fresh database cloned from the template; through a pooler in `npm run test:pooler`. */
export async function cloneDatabase(): Promise<string> {
  const serverUrl = inject('postgresUrl');
  const name = `w_${process.pid}_${++databases}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  cloned.push(name);
  await admin.end();
  const url = serverUrl.replace(/\/postgres$/, `/${name}`);
  const pooler = inject('pooler');
  return pooler ? through(pooler, url) : url;
}

export async function startService(
  settings: Record<string, string> = {},
  { databaseUrl }: { databaseUrl?: string } = {},
): Promise<Service> {
  const url = databaseUrl ?? (await cloneDatabase());
  const env = { ...testSettings, LOG_LEVEL: 'info', ...databaseSettings(url), ...settings };
  const config = watched(Config.fromEnv(env), Object.keys(settings));
  noteSecret(config.KEY_ENCRYPTION_KEY, 'the key-encryption key');
  noteSecret(new URL(url).password, "the database's password");
  const log: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) {
        if (line !== '') log.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  const clock = new MovableClock();
  const tracing = config.tracesUrl === undefined ? undefined : Tracing.open(config);
  const app = await createApp({ config, log: Log.to(config, sink, tracing?.logFields), clock }, tracing);
  await app.listen(config.PORT, '127.0.0.1');
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  const { port } = app.getHttpServer().address() as { port: number };
  const service: Service = {
    url: `http://127.0.0.1:${port}`,
    databaseUrl: url,
    app,
    clock,
    log,
    query: async <T extends object>(text: string, values: unknown[] = []) =>
      (await pool.query<T & pg.QueryResultRow>(text, values)).rows as T[],
    async advance(seconds) {
      // Under the lock on the keys: a rotation that is being written down must not land in the past.
      await pool.query(
        `WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(${KEY_LOCK}))
         UPDATE test_clock SET shift = shift + make_interval(secs => $1) FROM held`,
        [seconds],
      );
      clock.shiftSeconds += seconds;
      await app.get(KeyRing).poll(); // as it does each second: the service reads the database's time
    },
    async stop() {
      const leaks = await search({ url: `http://127.0.0.1:${port}`, app, log, pool });
      await pool.end();
      await app.close();
      await tracing?.end();
      expect(leaks).toEqual({ log: [], refusals: [], metrics: [], database: [] });
    },
  };
  started.push(service);
  return service;
}

/**
 * Files share a process and a server, and the variables of those that ran hold their services. Without this, a process
 * grows to 1.5 GB, and every database of the run stays on the disk.
 */
export async function forgetServices(): Promise<void> {
  for (const service of started) Object.assign(service, { app: undefined, log: [], query: undefined, stop: undefined });
  started.length = 0;
  if (cloned.length === 0) return;
  const admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  for (const name of cloned.splice(0)) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.end();
}

/** @returns the secrets of this test run in the log, the metrics and the tables of the service */
async function search({ url, app, log, pool }: Pick<Service, 'url' | 'app' | 'log'> & { pool: pg.Pool }) {
  const metrics = await app.get(Metrics).registry.metrics();
  const lines = app.get(Config).SMTP_URL ? log : withoutPrintedMails(log);
  return {
    log: leaksIn(JSON.stringify(lines)),
    refusals: leaksIn(refusalsOf(url)),
    metrics: leaksIn(metrics),
    database: leaksIn(await dump(pool)),
  };
}

/** Every row of every table, as text. */
async function dump(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_schema IN ('public', 'drizzle') AND table_type = 'BASE TABLE'`,
  );
  const tables = await Promise.all(
    rows.map(({ name }) => pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)),
  );
  return tables.flatMap((table) => table.rows.map(({ row }) => row)).join('\n');
}

/** A service for one test, with other settings; stopped when the test ends. */
export async function startServiceForTest(
  settings: Record<string, string> = {},
  options: { databaseUrl?: string } = {},
): Promise<Service> {
  const service = await startService(settings, options);
  onTestFinished(() => service.stop());
  return service;
}
