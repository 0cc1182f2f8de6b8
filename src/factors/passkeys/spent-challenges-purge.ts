// Deletes challenges that were met and have expired, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Database } from '../../database/database.js';
import { spentChallenges } from '../../database/passkeys-schema.js';
import { Upkeep } from '../../runtime/upkeep.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;
const BATCH = 1_000;

@Injectable()
export class SpentChallengesPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'spent_challenges.purge_failed', log });
  }

  /** Instances skip the rows of one another. */
  override async round(): Promise<void> {
    for (let gone = BATCH; gone === BATCH && !this.rounds.isEnding;) {
      gone = (await this.database.execute(this.statement())).rowCount ?? 0;
      this.metrics.countPurged('spent_challenge', gone);
    }
  }

  /** One batch; the test explains it. By the place of each row: joined by its key, the planner would read the table. */
  statement(): SQL {
    return sql`delete from ${spentChallenges} where ctid = any(array(
      select ctid from ${spentChallenges} where expires_at <= (select protocol_now())
       order by expires_at limit ${BATCH} for update skip locked))`;
  }
}
