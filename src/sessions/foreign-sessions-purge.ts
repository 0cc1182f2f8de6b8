// Deletes the imported sessions that nobody exchanged in time, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { foreignSessions } from '../database/import-schema.js';
import { PURGE_BATCH, purgeBatches } from '../database/purge-batches.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { UserLookups } from '../users/user-lookups.js';

const EVERY_MS = 10 * 60_000;
const PURGE_LOCK = 7_737_007;
const LOOKUPS_LOCK = 7_737_009;

@Injectable()
export class ForeignSessionsPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly lookups: UserLookups,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'foreign_sessions.purge_failed', log });
  }

  override async round(): Promise<void> {
    await purgeBatches(this.database, PURGE_LOCK, this.statement(), (gone) =>
      this.metrics.countPurged('foreign_session', gone),
    );
    // The ways to those that nobody exchanged, and to nobody: they are counted above.
    await purgeBatches(this.database, LOOKUPS_LOCK, this.lookups.purgeStatement(PURGE_BATCH), () => undefined);
  }

  /** One batch; the test explains it. By the place of each row: joined by its key, the planner would read the table. */
  statement(): SQL {
    return sql`delete from ${foreignSessions} where ctid = any(array(
      select ctid from ${foreignSessions} where expires_at <= (select protocol_now())
       order by expires_at limit ${PURGE_BATCH} for update skip locked))`;
  }
}
