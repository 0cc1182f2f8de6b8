// Finds the database of a command: DATABASE_URL, or the embedded one of this folder. It never creates one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '../config/config.js';
import { eachPostgresHost } from '../config/postgres-hosts.js';
import { openPool } from '../database/database.js';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded/postgres.js';
import { countPendingMigrations } from '../database/migrate.js';
import type { Log } from '../telemetry/log.js';
import { Failure } from './failure.js';

/** The parts of a URL that may be shown: not the password. Of several hosts, `port` is the last one's. */
export interface DatabaseName {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly role: string;
}

export interface Target {
  /** Always has DATABASE_URL. */
  readonly config: Config;
  readonly url: string;
  /** The URL for the role that owns the schema, if it is known. */
  readonly ownerUrl: string;
  readonly isEmbedded: boolean;
  readonly close: () => Promise<void>;
}

/** @throws Failure `no_database` if there is none: a command neither creates one nor starts an empty one */
export async function findTarget(config: Config, overrides: Record<string, string>, log: Log): Promise<Target> {
  const nothingToClose = () => Promise.resolve();
  if (config.DATABASE_URL) {
    const url = config.DATABASE_URL;
    return { config, url, ownerUrl: config.DATABASE_OWNER_URL ?? url, isEmbedded: false, close: nothingToClose };
  }
  const folder = join(config.DATA_DIR, 'postgres');
  const running = findEmbeddedPostgres(folder);
  if (!running && !existsSync(join(folder, 'data', 'PG_VERSION'))) {
    throw Failure.of(
      'no_database',
      `No database: set DATABASE_URL, or start the service first (no data in ${folder}).`,
    );
  }
  const started = running ? undefined : await startEmbeddedPostgres({ folder, log });
  const { url = '', ownerUrl = '' } = running ?? started ?? {};
  const close = started ? () => started.stop() : nothingToClose;
  const joined = Config.fromEnv(undefined, { ...overrides, DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl }, 'cli');
  return { config: joined, url, ownerUrl, isEmbedded: true, close };
}

/** Refuses a database with pending migrations before anything else is opened: only `migrate` migrates. */
export async function assertMigrated({ config, url, isEmbedded }: Target, log: Log): Promise<void> {
  const pool = openPool(url, config, log);
  try {
    const pending = await countPendingMigrations(pool);
    if (pending === 0) return;
    const advice = isEmbedded ? 'start the service, or run migrate' : 'run migrate';
    throw Failure.of('not_migrated', `The database lacks ${pending} migration(s) of this release: ${advice} first.`);
  } finally {
    await pool.end();
  }
}

export function nameOf(url: string): DatabaseName {
  const each = eachPostgresHost(url).map(nameOfHost);
  const last = each.at(-1) ?? nameOfHost(url);
  return { ...last, host: [...each.slice(0, -1).map(({ host, port }) => `${host}:${port}`), last.host].join(',') };
}

function nameOfHost(url: string): DatabaseName {
  const { hostname, port, pathname, username, searchParams } = new URL(url);
  const role = decodeURIComponent(username);
  return {
    // As in pg: the parameter wins, and a socket's folder can only be a parameter.
    host: searchParams.get('host') ?? (hostname || 'localhost'),
    port: Number(searchParams.get('port') ?? (port || 5432)),
    name: decodeURIComponent(pathname.slice(1)) || role,
    role,
  };
}
