// Deletes what upstream sign-in leaves behind: requests and codes that nobody came back with, and logouts that cannot be
// repeated any more.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { Purging } from '../database/purging.js';
import { upstreamCodes, upstreamLogouts, upstreamRequests } from '../database/schema/upstream.js';
import { Upkeep } from '../runtime/upkeep.js';
import { waitingSignIns } from '../sessions/upstream-sign-ins.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;

const isOver = sql`expires_at <= protocol_now()`;
const purgings = {
  upstream_request: new Purging({ table: upstreamRequests, isOver, by: upstreamRequests.expiresAt }),
  upstream_code: new Purging({ table: upstreamCodes, isOver, by: upstreamCodes.expiresAt }),
  upstream_logout: new Purging({ table: upstreamLogouts, isOver, by: upstreamLogouts.expiresAt }),
  upstream_sign_in: waitingSignIns,
};

@Injectable()
export class UpstreamPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'upstream.purge_failed', log });
  }

  override async round(): Promise<void> {
    const isEnding = () => this.rounds.isEnding;
    for (const [kind, purging] of Object.entries(purgings))
      await purging.run(this.database, (gone) => this.metrics.countPurged(kind, gone), isEnding);
  }
}
