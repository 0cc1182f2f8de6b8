// Deletes challenges that were met and have expired, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../../database/database.js';
import { Purging } from '../../database/purging.js';
import { spentChallenges } from '../../database/schema/passkeys.js';
import { Upkeep } from '../../runtime/upkeep.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;

/** The test explains it. */
export const expiredChallenges = new Purging({
  table: spentChallenges,
  isOver: sql`expires_at <= protocol_now()`,
  by: spentChallenges.expiresAt,
});

@Injectable()
export class SpentChallengesPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'spent_challenges.purge_failed', log });
  }

  override async round(): Promise<void> {
    const count = (gone: number) => this.metrics.countPurged('spent_challenge', gone);
    await expiredChallenges.run(this.database, count, () => this.rounds.isEnding);
  }
}
