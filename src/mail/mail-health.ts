// Says whether mail leaves: for readiness and the metrics.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Periodic } from '../runtime/periodic.js';
import { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { DeadMail } from './dead-mail.js';
import { MailQueue, type QueueFigures } from './mail-queue.js';

const EVERY_MS = 5_000;
/** One recipient's server may defer a mail for good reasons; three in a row, none of them sent, are ours. */
const FAILURES_IN_A_ROW = 3;
/** An instance looks every two seconds. */
const MAX_OVERDUE_SECONDS = 120;

@Injectable()
export class MailHealth implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;
  private figures: QueueFigures = { waiting: 0, dead: 0, oldestSeconds: 0, overdueSeconds: 0 };
  private failures = 0;
  private readonly mails;

  constructor(
    queue: MailQueue,
    dead: DeadMail,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    const options = { everyMs: EVERY_MS, failureEvent: 'mail.figures_failed', log };
    this.rounds = new Periodic(options, async () => {
      this.figures = await queue.figures();
      if (this.figures.dead > 0) this.metrics.countPurged('dead_mail', await dead.purge());
    });
    this.mails = metrics.counter('watchword_mails_total', 'Tries to send a mail, by outcome', 'outcome');
    metrics.fromZero(this.mails, 'outcome', 'sent', 'failed', 'dead');
    metrics.watch('watchword_mail_queue', 'Mails in the outbox, by state', () => {
      const { waiting, dead: buried } = this.figures;
      return { waiting, dead: buried };
    });
    metrics.watch('watchword_mail_oldest_seconds', 'Age of the oldest mail that waits', () => ({
      waiting: this.figures.oldestSeconds,
    }));
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** `failed`: it is tried again. */
  note(outcome: 'sent' | 'not_due' | 'failed' | 'dead'): void {
    this.mails.inc({ outcome });
    if (outcome === 'sent') this.failures = 0;
    if (outcome === 'failed') this.failures++;
  }

  /** True as long as nothing waits: nobody knows then whether the server would take it. */
  get leaves(): boolean {
    const { waiting, overdueSeconds } = this.figures;
    return waiting === 0 || (this.failures < FAILURES_IN_A_ROW && overdueSeconds < MAX_OVERDUE_SECONDS);
  }
}
