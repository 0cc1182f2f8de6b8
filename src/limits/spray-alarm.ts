// Raises one alert for a spray; for a while unknown devices then have one free guess.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import type { SprayEvent } from '../audit/events.js';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { sprayAlarms } from '../database/schema/limits.js';
import type { Caller } from '../http/caller.js';
import { Metrics } from '../telemetry/metrics.js';

@Injectable()
export class SprayAlarm {
  private readonly alarms;

  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly config: Config,
    metrics: Metrics,
  ) {
    this.alarms = metrics.counter('watchword_spray_alarms_total', 'Sprays seen, by what gave them away', 'by');
    metrics.fromZero(this.alarms, 'by', 'accounts', 'failures');
  }

  /** The row decides, so only one of any number of instances and guesses raises the alarm. */
  async raise({ by, count }: Pick<SprayEvent, 'by' | 'count'>, caller: Caller | null): Promise<void> {
    const event: SprayEvent = { type: 'guessing.spray', by, count };
    const lasts = sql`make_interval(mins => ${this.config.SPRAY_MINUTES}::int)`;
    const isRaised = await inTransaction(this.database, async (tx) => {
      const { rows } = await tx.execute(sql`
        insert into ${sprayAlarms} as a (scope, until) values ('everywhere', protocol_now() + ${lasts})
        on conflict (scope) do update set until = excluded.until where a.until <= excluded.until - ${lasts}
        returning scope`);
      if (rows.length > 0) await this.audit.recordAlert(tx, event, caller);
      return rows.length > 0;
    });
    if (isRaised) this.alarms.inc({ by });
  }
}
