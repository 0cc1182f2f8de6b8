// Keeps the audit trail for whole months: makes partitions ahead and drops the oldest.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { Database } from '../database/database.js';
import { Periodic } from '../runtime/periodic.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 60 * 60_000;

@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {
    const options = { everyMs: EVERY_MS, failureEvent: 'audit.rotate_failed', log };
    this.rounds = new Periodic(options, () => this.runAndReport());
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
    this.rounds.ask();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /**
   * The work is a function of the database (drizzle/0003_audit_events.sql): the service's role may
   * not create or drop.
   */
  async run(): Promise<{ created: number; dropped: number }> {
    const { rows } = await this.database.execute<{ created: number; dropped: number }>(
      sql`select created, dropped from audit_rotate(${this.config.AUDIT_RETENTION_MONTHS})`,
    );
    const done = rows[0] ?? { created: 0, dropped: 0 };
    this.metrics.countPurged('audit_month', done.dropped);
    return done;
  }

  /** Without it rows go to the default partition: nothing is lost, and the next run sorts them. */
  private async runAndReport(): Promise<void> {
    const done = await this.run();
    if (done.created + done.dropped > 0) this.log.info({ event: 'audit.rotated', ...done });
  }
}
