// Sends what the outbox holds: claims a row, looks its person up, makes the link, composes and sends.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { ClaimedRows, type Failure, type Try } from '../database/claimed-rows.js';
import { Database } from '../database/database.js';
import { mailOutbox } from '../database/schema/mail.js';
import { Periodic } from '../runtime/periodic.js';
import { Log } from '../telemetry/log.js';
import { DeadMail } from './dead-mail.js';
import { failureOf } from './mail-failure.js';
import { MailHealth } from './mail-health.js';
import { Outbox } from './outbox.js';
import { Postman } from './postman.js';
import type { QueuedMail } from './queued-mail.js';

const EVERY_MS = 2_000;
/** Longer than a try takes (smtp-mail.ts). */
const CLAIM_SECONDS = 60;
const FIRST_PAUSE_SECONDS = 5;
const MAX_PAUSE_SECONDS = 900;

@Injectable()
export class MailDelivery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;

  constructor(
    database: Database,
    private readonly outbox: Outbox,
    private readonly postman: Postman,
    dead: DeadMail,
    private readonly health: MailHealth,
    private readonly log: Log,
  ) {
    const rows = new ClaimedRows<QueuedMail>(database, mailOutbox, {
      partition: mailOutbox.recipient,
      isOpen: sql`t.dead_at is null`,
      isLate: ({ send_before, claimed_at }) => send_before <= claimed_at,
      claimSeconds: CLAIM_SECONDS,
      pauseSeconds,
      attempt: (mail) => this.attempt(mail),
      report: (tried) => this.report(tried),
      giveUp: (mail, reason) => dead.bury(mail, reason),
      reason: mailOutbox.reason,
    });
    const options = { everyMs: EVERY_MS, failureEvent: 'mail.look_failed', log };
    this.rounds = new Periodic(options, () => rows.tryDue(() => this.rounds.isEnding));
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
    this.outbox.onNew = () => this.rounds.ask();
  }

  beforeApplicationShutdown(): Promise<void> {
    this.outbox.onNew = () => undefined;
    return this.postman.stopAfter(this.rounds.stop());
  }

  private async attempt(mail: QueuedMail): Promise<Failure | undefined> {
    if (mail.is_late) return { reason: mail.reason ?? 'too late', isFinal: true };
    try {
      const outcome = await this.postman.deliver(mail);
      this.health.note(outcome);
      this.log.info({ event: `mail.${outcome}`, mailId: mail.id, kind: mail.kind, attempts: mail.attempts });
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  private report({ row: { id: mailId, kind, attempts }, outcome, reason }: Try<QueuedMail>): void {
    if (outcome === 'done') return;
    this.health.note(outcome === 'failed' ? 'failed' : 'dead');
    if (outcome === 'failed') this.log.warn({ event: 'mail.failed', mailId, kind, attempts, reason });
  }
}

/** A quarter more or less, so that mails that failed together do not come back together. */
function pauseSeconds(attempts: number): number {
  const pause = Math.min(FIRST_PAUSE_SECONDS * 3 ** (attempts - 1), MAX_PAUSE_SECONDS);
  return pause * (0.75 + Math.random() / 2);
}
