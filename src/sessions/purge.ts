// Deletes rows of dead sessions and old revocations: in small batches, by one instance at a time, in the background.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Metrics } from '../telemetry/metrics.js';
import { Log } from '../telemetry/log.js';
import { Database } from '../database/database.js';
import { Purging } from '../database/purging.js';
import { refreshTokens } from '../database/schema/users-and-sessions.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Revocations } from '../revocation/revocations.js';

const EVERY_MS = 10 * 60_000;
/** An ended session is kept this long for the investigation of incidents. */
const KEEP_ENDED_DAYS = 7;

/** Each condition follows its own index. */
const expiredSessions = new Purging({
  table: refreshTokens,
  isOver: sql`absolute_expires_at < protocol_now()`,
  by: refreshTokens.absoluteExpiresAt,
});
const endedSessions = new Purging({
  table: refreshTokens,
  isOver: sql`revoked and revoked_at < protocol_now() - make_interval(days => ${KEEP_ENDED_DAYS})`,
  by: refreshTokens.revokedAt,
});

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
    let sessions = 0;
    for (const purging of [expiredSessions, endedSessions])
      sessions += await purging.run(this.database, (gone) => this.metrics.countPurged('session', gone));
    const revocations = await this.revocations.purge(this.database);
    this.metrics.countPurged('revocation', revocations);
    return { sessions, revocations };
  }

  protected override async round(): Promise<void> {
    const gone = await this.run();
    if (gone.sessions + gone.revocations > 0) this.log.info({ event: 'purge.done', ...gone });
  }
}
