// Deletes the imported sessions that nobody exchanged in time, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { foreignSessions } from '../database/schema/imports.js';
import { Purging } from '../database/purging.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { expiredLookups } from '../users/user-lookups.js';

const EVERY_MS = 10 * 60_000;

const expiredForeignSessions = new Purging({
  table: foreignSessions,
  isOver: sql`expires_at <= protocol_now()`,
  by: foreignSessions.expiresAt,
});

@Injectable()
export class ForeignSessionsPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'foreign_sessions.purge_failed', log });
  }

  override async round(): Promise<void> {
    const count = (gone: number) => this.metrics.countPurged('foreign_session', gone);
    await expiredForeignSessions.run(this.database, count, () => this.rounds.isEnding);
    // The ways to those that nobody exchanged, and to nobody: they are counted above.
    await expiredLookups.run(
      this.database,
      () => undefined,
      () => this.rounds.isEnding,
    );
  }
}
