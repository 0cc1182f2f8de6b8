// Which PostgreSQL do we use, and is it ready for this release? The operator's, or an embedded one that ends with us.
import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import type { Config } from '../config/config.js';
import type { Log } from '../config/log.js';
import { openPool } from './database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.js';
import { applyMigrations, countPendingMigrations } from './migrate.js';

@Injectable()
export class DatabasePool implements OnApplicationShutdown {
  private constructor(
    readonly pool: pg.Pool,
    private readonly embedded?: EmbeddedPostgres,
  ) {}

  /** Connects and brings the schema up to date; in production a pending migration stops the start instead. */
  static async open(config: Config, log: Log): Promise<DatabasePool> {
    const embedded = config.DATABASE_URL
      ? undefined
      : await startEmbeddedPostgres({ folder: join(config.DATA_DIR, 'postgres') });
    const url = config.DATABASE_URL ?? embedded?.url ?? '';
    const database = new DatabasePool(openPool(url, config, log), embedded);
    try {
      await database.prepare(config, url);
    } catch (error) {
      await database.onApplicationShutdown();
      throw error;
    }
    return database;
  }

  private async prepare(config: Config, url: string): Promise<void> {
    if (!config.isProduction) return applyMigrations(url);
    const pending = await countPendingMigrations(this.pool);
    if (pending > 0)
      throw new Error(`The database lacks ${pending} migration(s) of this release: run npm run cli -- migrate first.`);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
    await this.embedded?.stop();
  }
}
