// Deletes what upstream sign-in leaves behind: requests and codes that nobody came back with, and logouts that cannot be
// repeated any more.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { Database } from '../database/database.js';
import { upstreamCodes, upstreamLogouts, upstreamRequests } from '../database/upstream-schema.js';
import { Upkeep } from '../runtime/upkeep.js';
import { UpstreamSignIns } from '../sessions/upstream-sign-ins.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 10 * 60_000;
const BATCH = 1_000;

const purged = { upstream_request: upstreamRequests, upstream_code: upstreamCodes, upstream_logout: upstreamLogouts };

@Injectable()
export class UpstreamPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly signIns: UpstreamSignIns,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'upstream.purge_failed', log });
  }

  override async round(): Promise<void> {
    for (const [kind, table] of Object.entries(purged)) await this.inBatches(kind, statementFor(table));
    await this.inBatches('upstream_sign_in', this.signIns.purgeStatement(BATCH));
  }

  /** Instances skip the rows of one another. */
  private async inBatches(kind: string, statement: SQL): Promise<void> {
    for (let gone = BATCH; gone === BATCH && !this.rounds.isEnding;) {
      gone = (await this.database.execute(statement)).rowCount ?? 0;
      this.metrics.countPurged(kind, gone);
    }
  }
}

/** One batch, by the index on `expires_at`. */
const statementFor = (table: PgTable): SQL => sql`
  delete from ${table} where ctid = any(array(
    select ctid from ${table} where expires_at <= (select protocol_now())
     order by expires_at limit ${BATCH} for update skip locked))`;
