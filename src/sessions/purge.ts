// Deletes rows of dead sessions and old revocations: in small batches, by one instance at a time, in the background.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Metrics } from '../telemetry/metrics.js';
import { Log } from '../telemetry/log.js';
import { Database, inTransaction, type Transaction } from '../database/database.js';
import { refreshTokens } from '../database/schema.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Revocations } from '../revocation/revocations.js';

const EVERY_MS = 10 * 60_000;
const BATCH = 1_000;
/** An ended session is kept this long for the investigation of incidents. */
const KEEP_ENDED_DAYS = 7;
const PURGE_LOCK = 7_737_003;

@Injectable()
export class Purge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'purge.failed', log });
  }

  /** @returns how many rows were deleted; zeros while another instance purges */
  async run(): Promise<{ sessions: number; revocations: number }> {
    const gone = { sessions: 0, revocations: 0 };
    for (;;) {
      const batch = await this.batch();
      gone.sessions += batch.sessions;
      gone.revocations += batch.revocations;
      this.metrics.countPurged('session', batch.sessions);
      this.metrics.countPurged('revocation', batch.revocations);
      if (batch.sessions < BATCH && batch.revocations < BATCH) return gone;
    }
  }

  private async batch(): Promise<{ sessions: number; revocations: number }> {
    return inTransaction(this.database, async (tx) => {
      const lock = await tx.execute<{ is_ours: boolean }>(
        sql`select pg_try_advisory_xact_lock(${PURGE_LOCK}) as is_ours`,
      );
      if (!lock.rows[0]?.is_ours) return { sessions: 0, revocations: 0 };
      const sessions = await this.purgeSessions(tx);
      return { sessions, revocations: await this.revocations.purge(tx, BATCH) };
    });
  }

  /**
   * Each condition follows its own index. As a sub-select the time is one value: a volatile function in a comparison would
   * be called for every row of the table.
   */
  private async purgeSessions(tx: Transaction): Promise<number> {
    const { rows } = await tx.execute<{ user_id: string; family: string }>(sql`
      with expired as (
        select user_id, family from ${refreshTokens} where absolute_expires_at < (select protocol_now())
         order by absolute_expires_at limit ${BATCH} for update skip locked
      ), ended as (
        select user_id, family from ${refreshTokens}
         where revoked and revoked_at < (select protocol_now()) - make_interval(days => ${KEEP_ENDED_DAYS})
         order by revoked_at limit ${BATCH} for update skip locked
      )
      select * from expired union select * from ended limit ${BATCH}`);
    const [userIds, families] = [rows.map(({ user_id }) => user_id), rows.map(({ family }) => family)];
    await tx.execute(sql`
      delete from ${refreshTokens} where (user_id, family) in (
        select * from unnest(${sql.param(userIds)}::uuid[], ${sql.param(families)}::text[]))`);
    return rows.length;
  }

  protected override async round(): Promise<void> {
    const gone = await this.run();
    if (gone.sessions + gone.revocations > 0) this.log.info({ event: 'purge.done', ...gone });
  }
}
