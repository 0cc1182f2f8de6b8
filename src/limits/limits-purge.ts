// Takes old budgets and volumes away, in batches and by an index: no round reads a whole table.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { guessBudgets, guessFailures, rateLimits } from '../database/schema/limits.js';
import { Purging } from '../database/purging.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;
/** Instances' clocks differ: a volume that is over for one may not be for another. */
const CLOCKS_DIFFER_MS = 60_000;

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
    for (const [kind, purging] of Object.entries(this.purgings()))
      await purging.run(this.database, (gone) => this.metrics.countPurged(kind, gone));
    await this.database.execute(sql`delete from ${guessFailures} where hour < protocol_now() - interval '3 days'`);
  }

  /** The test explains them. */
  purgings(): Readonly<Record<'guess_budget' | 'rate_limit', Purging>> {
    const over = this.clock.now().getTime() - CLOCKS_DIFFER_MS;
    return {
      guess_budget: new Purging({
        table: guessBudgets,
        isOver: sql`purge_after < protocol_now()::date`,
        by: guessBudgets.purgeAfter,
      }),
      rate_limit: new Purging({ table: rateLimits, isOver: sql`expire < ${over}`, by: rateLimits.expire }),
    };
  }
}
