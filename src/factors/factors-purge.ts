// Takes tickets that are over and seeds that were never confirmed away, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { factorTickets, totpAuthenticators } from '../database/schema/factors.js';
import { Purging } from '../database/purging.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { UNCONFIRMED_MINUTES } from './totp-authenticators.js';

const EVERY_MS = 10 * 60_000;

const purgings = {
  factor_ticket: new Purging({
    table: factorTickets,
    isOver: sql`expires_at < protocol_now()`,
    by: factorTickets.expiresAt,
  }),
  unconfirmed_totp: new Purging({
    table: totpAuthenticators,
    isOver: sql`confirmed_at is null and created_at < protocol_now() - make_interval(mins => ${UNCONFIRMED_MINUTES})`,
    by: totpAuthenticators.createdAt,
  }),
};

@Injectable()
export class FactorsPurge extends Upkeep {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'factors.purge_failed', log });
  }

  override async round(): Promise<void> {
    for (const [kind, purging] of Object.entries(purgings))
      await purging.run(this.database, (gone) => this.metrics.countPurged(kind, gone));
  }
}
