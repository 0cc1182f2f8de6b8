// Deletes accounts whose address was not verified within a week.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Periodic } from '../../runtime/periodic.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';
import { PendingUsers } from '../../users/pending-users.js';

const EVERY_MS = 10 * 60_000;

@Injectable()
export class PendingPurge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;

  constructor(
    private readonly pendingUsers: PendingUsers,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    const options = { everyMs: EVERY_MS, failureEvent: 'registration.purge_failed', log };
    this.rounds = new Periodic(options, () => this.run());
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  async run(): Promise<void> {
    let batch;
    do {
      batch = await this.pendingUsers.purge();
      this.metrics.countPurged('pending_user', batch.gone);
    } while (batch.isMore && !this.rounds.isEnding);
  }
}
