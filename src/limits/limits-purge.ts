// Takes old budgets and volumes away, in batches and by an index: no round reads a whole table.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { guessBudgets, guessFailures, rateLimits } from '../database/limits-schema.js';
import { PURGE_BATCH, purgeBatches } from '../database/purge-batches.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;
/** Instances' clocks differ: a volume that is over for one may not be for another. */
const CLOCKS_DIFFER_MS = 60_000;
const PURGE_LOCK = 7_737_004;

@Injectable()
export class LimitsPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'limits.purge_failed', log });
  }

  override async round(): Promise<void> {
    for (const [kind, statement] of Object.entries(this.statements()))
      await purgeBatches(this.database, PURGE_LOCK, statement, (gone) => this.metrics.countPurged(kind, gone));
    await this.database.execute(sql`delete from ${guessFailures} where hour < protocol_now() - interval '3 days'`);
  }

  /** One batch each; the test explains them. */
  statements(): Readonly<Record<'guess_budget' | 'rate_limit', SQL>> {
    const over = this.clock.now().getTime() - CLOCKS_DIFFER_MS;
    // By the place of each row: joined by their key, the planner would read the whole table beside it.
    return {
      guess_budget: sql`delete from ${guessBudgets} where ctid = any(array(
        select ctid from ${guessBudgets} where purge_after < (select protocol_now()::date)
         order by purge_after limit ${PURGE_BATCH} for update skip locked))`,
      rate_limit: sql`delete from ${rateLimits} where ctid = any(array(
        select ctid from ${rateLimits} where expire < ${over} order by expire limit ${PURGE_BATCH} for update skip locked))`,
    };
  }
}
