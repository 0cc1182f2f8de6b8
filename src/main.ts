// Starts the service, listens, and shuts down in order.
import './config/thread-pool.js';
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.js';
import { Clock } from './clock.js';
import { Config } from './config/config.js';
import { hostsOfPostgres } from './config/postgres-hosts.js';
import { loadEnvironment } from './config/environment.js';
import { gatheredLines } from './telemetry/gathered-lines.js';
import { Log } from './telemetry/log.js';
import { sentenceOf } from './database/database.js';
import { Draining } from './runtime/draining.js';
import { logAndExitOnCrash } from './runtime/last-resort.js';
import { listenTrouble } from './runtime/listening.js';
import type { Tracing } from './tracing/tracing.js';

/** Limits for requests in flight and for the whole stop: container engines kill a process after 10 s. */
const MAX_IN_FLIGHT_MS = 7_500;
const MAX_STOP_MS = 9_500;

async function start(): Promise<void> {
  loadEnvironment();
  const config = Config.fromEnv();
  const tracing = await openTracing(config);
  const log = Log.to(config, gatheredLines(process.stdout.fd), tracing?.logFields);
  logAndExitOnCrash(log);
  const announce = (sentence: string) => config.isProduction || process.stderr.write(`${sentence}\n`);
  if (!config.DATABASE_URL) announce(`Watchword starts, with a database of its own in ${config.DATA_DIR} …`);
  const app = await createApp({ config, log, clock: new Clock() }, tracing);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop(app, { log, tracing }, signal));
  await app.listen(config.PORT, config.HOST).catch(async (error: unknown) => {
    await app.close();
    throw listenTrouble(error, { host: 'HOST', port: 'PORT' });
  });
  const url = await app.getUrl();
  const database = config.DATABASE_URL
    ? hostsOfPostgres(config.DATABASE_URL)
    : `embedded PostgreSQL in ${config.DATA_DIR}`;
  log.info({ event: 'service.started', url, publicUrl: config.publicUrl, database, docs: 'docs/README.md' });
  const cookies = url === config.publicUrl ? '' : ` Browsers keep its cookies there, and not for ${url}.`;
  announce(`Watchword is ready at ${config.publicUrl}.${cookies}`);
}

/** Not even read while it is off. */
async function openTracing(config: Config): Promise<Tracing | undefined> {
  if (config.tracesUrl === undefined) return undefined;
  const { Tracing } = await import('./tracing/tracing.js');
  return Tracing.open(config);
}

interface Told {
  readonly log: Log;
  readonly tracing: Tracing | undefined;
}

let isStopping = false;

/** Lets requests in flight finish, then exits with 0; a second signal changes nothing. */
async function stop(app: NestFastifyApplication, { log, tracing }: Told, signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log.info({ event: 'service.stopping', signal });
  // A client that sends half a request must not delay the stop.
  setTimeout(() => app.getHttpServer().closeAllConnections(), MAX_IN_FLIGHT_MS).unref();
  setTimeout(() => process.exit(1), MAX_STOP_MS).unref();
  app.get(Draining).begin();
  await sleep(app.get(Config).DRAIN_SECONDS * 1_000);
  await app.close();
  await tracing?.end();
  log.info({ event: 'service.stopped' });
  process.exit(0);
}

start().catch((error: unknown) => {
  process.stderr.write(`Watchword cannot start. ${sentenceOf(error)}\n`);
  process.exit(1);
});
