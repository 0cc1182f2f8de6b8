// Deletes accounts whose address was not verified within a week.
import { Injectable } from '@nestjs/common';
import { Upkeep } from '../../runtime/upkeep.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';
import { PendingUsers } from '../../users/pending-users.js';

const EVERY_MS = 10 * 60_000;

@Injectable()
export class PendingPurge extends Upkeep {
  constructor(
    private readonly pendingUsers: PendingUsers,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'registration.purge_failed', log });
  }

  override async round(): Promise<void> {
    let batch;
    do {
      batch = await this.pendingUsers.purge();
      this.metrics.countPurged('pending_user', batch.gone);
    } while (batch.isMore && !this.rounds.isEnding);
  }
}
