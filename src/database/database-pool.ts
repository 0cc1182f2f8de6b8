// Opens the operator's PostgreSQL, or an embedded one that ends with the process, and makes sure it
// fits this release.
import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config/config.js';
import type { Log } from '../telemetry/log.js';
import { openPool } from './database.js';
import type { Pool } from './connections/pool.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/postgres.js';
import { isTooPowerful, roleOf } from './grants.js';
import { assertOwnConnections, assertPinnedByRole, isUtf8 } from './connections/session-settings.js';
import { applyMigrations, countPendingMigrations } from './migrate.js';

@Injectable()
export class DatabasePool implements OnApplicationShutdown {
  /** False where it cannot hold every character. */
  isUtf8 = true;

  private constructor(
    readonly pool: Pool,
    private readonly embedded?: EmbeddedPostgres,
  ) {}

  /**
   * Connects and brings the schema up to date; in production a pending migration stops the start
   * instead.
   */
  static async open(config: Config, log: Log): Promise<DatabasePool> {
    const embedded = config.DATABASE_URL
      ? undefined
      : await startEmbeddedPostgres({ folder: join(config.DATA_DIR, 'postgres'), log });
    const url = config.DATABASE_URL ?? embedded?.url ?? '';
    const ownerUrl = config.DATABASE_OWNER_URL ?? embedded?.ownerUrl ?? url;
    const database = new DatabasePool(openPool(url, config, log), embedded);
    try {
      if (database.pool.keepsPlans) await assertOwnConnections(database.pool);
      else await warnOfTimeouts(database.pool, log);
      if (config.isProduction) await database.assertReady(log);
      // A role that may not even read it has been granted nothing yet.
      else if ((await countPendingMigrations(database.pool).catch(() => 1)) > 0)
        await applyMigrations(ownerUrl, roleOf(url));
      database.isUtf8 = await isUtf8(database.pool);
    } catch (error) {
      await database.onApplicationShutdown();
      throw error;
    }
    return database;
  }

  private async assertReady(log: Log): Promise<void> {
    const pending = await countPendingMigrations(this.pool);
    if (pending > 0)
      throw new Error(`The database lacks ${pending} migration(s) of this release: run npm run cli -- migrate first.`);
    if (!(await isTooPowerful(this.pool))) return;
    const advice =
      'The role of DATABASE_URL owns the schema and could rewrite audit_events: give the service a role of its own.';
    log.warn({ event: 'database.role_too_powerful' }, advice);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
    await this.embedded?.stop();
  }
}

async function warnOfTimeouts(pool: Pool, log: Log): Promise<void> {
  const advice = await assertPinnedByRole(pool);
  if (advice !== '') log.warn({ event: 'database.no_time_outs' }, advice);
}
