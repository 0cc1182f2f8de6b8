// Deletes one-time tokens that have expired, used or not, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { Purging } from '../database/purging.js';
import { oneTimeTokens } from '../database/schema/mail.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;

/** The test explains it. */
export const expiredTokens = new Purging({
  table: oneTimeTokens,
  isOver: sql`expires_at <= protocol_now()`,
  by: oneTimeTokens.expiresAt,
});

@Injectable()
export class OneTimeTokensPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'one_time_tokens.purge_failed', log });
  }

  override async round(): Promise<void> {
    const count = (gone: number) => this.metrics.countPurged('one_time_token', gone);
    await expiredTokens.run(this.database, count, () => this.rounds.isEnding);
  }
}
