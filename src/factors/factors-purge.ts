// Takes tickets that are over and seeds that were never confirmed away, in batches and by an index.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { factorTickets, totpAuthenticators } from '../database/factors-schema.js';
import { PURGE_BATCH, purgeBatches } from '../database/purge-batches.js';
import { Upkeep } from '../runtime/upkeep.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { UNCONFIRMED_MINUTES } from './totp-authenticators.js';

const EVERY_MS = 10 * 60_000;
const PURGE_LOCK = 7_737_005;

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
    for (const [kind, statement] of Object.entries(this.statements()))
      await purgeBatches(this.database, PURGE_LOCK, statement, (gone) => this.metrics.countPurged(kind, gone));
  }

  /** One batch each, by the place of each row; the test explains them. */
  statements(): Readonly<Record<'factor_ticket' | 'unconfirmed_totp', SQL>> {
    return {
      factor_ticket: sql`delete from ${factorTickets} where ctid = any(array(
        select ctid from ${factorTickets} where expires_at < (select protocol_now())
         order by expires_at limit ${PURGE_BATCH} for update skip locked))`,
      unconfirmed_totp: sql`delete from ${totpAuthenticators} where ctid = any(array(
        select ctid from ${totpAuthenticators} where confirmed_at is null
           and created_at < (select protocol_now()) - make_interval(mins => ${UNCONFIRMED_MINUTES})
         order by created_at limit ${PURGE_BATCH} for update skip locked))`,
    };
  }
}
