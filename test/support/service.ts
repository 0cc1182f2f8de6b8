// A running service on its own database: the real application, real PostgreSQL, real HTTP.
import { Writable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.js';
import { Clock } from '../../src/clock.js';
import { Config } from '../../src/config/config.js';
import { Log } from '../../src/config/log.js';
import { TEMPLATE, testSettings } from './settings.js';

/** A process clock that can be moved, as the database's can. */
class MovableClock extends Clock {
  shiftSeconds = 0;
  override now(): Date {
    return new Date(super.now().getTime() + this.shiftSeconds * 1000);
  }
}

export interface Service {
  readonly url: string;
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

/** A fresh database cloned from the template. */
export async function cloneDatabase(): Promise<string> {
  const serverUrl = inject('postgresUrl');
  const name = `w_${process.pid}_${++databases}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  await admin.end();
  return serverUrl.replace(/\/postgres$/, `/${name}`);
}

export async function startService(
  settings: Record<string, string> = {},
  { databaseUrl }: { databaseUrl?: string } = {},
): Promise<Service> {
  const url = databaseUrl ?? (await cloneDatabase());
  const config = Config.fromEnv({ ...testSettings, LOG_LEVEL: 'info', DATABASE_URL: url, ...settings });
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
  const app = await createApp({ config, log: Log.to(config, sink), clock });
  await app.listen(0, '127.0.0.1');
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    databaseUrl: url,
    app,
    clock,
    log,
    query: async <T extends object>(text: string, values: unknown[] = []) =>
      (await pool.query<T & pg.QueryResultRow>(text, values)).rows as T[],
    async advance(seconds) {
      await pool.query(`UPDATE test_clock SET shift = shift + make_interval(secs => $1)`, [seconds]);
      clock.shiftSeconds += seconds;
    },
    async stop() {
      await pool.end();
      await app.close();
    },
  };
}

/** A service of this test's own, with other settings; stopped when the test ends. */
export async function startServiceForTest(settings: Record<string, string> = {}): Promise<Service> {
  const service = await startService(settings);
  onTestFinished(() => service.stop());
  return service;
}
