// Buries a mail that will not arrive: its address goes at once, the rest of the row after a week. Somebody is paged once
// an hour at most, so that nobody can page by registering addresses that do not exist.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Alerts } from '../audit/alerts.js';
import { Audit } from '../audit/audit.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { mailOutbox } from '../database/schema/mail.js';
import { Purging } from '../database/purging.js';
import type { QueuedMail } from './queued-mail.js';

const ALERT_EVERY_MINUTES = 60;
const KEEP_DAYS = 7;

const oldDead = new Purging({
  table: mailOutbox,
  isOver: sql`dead_at is not null and dead_at < protocol_now() - make_interval(days => ${KEEP_DAYS})`,
  by: mailOutbox.deadAt,
});

@Injectable()
export class DeadMail {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly alerts: Alerts,
  ) {}

  async bury({ recipient, id, kind, attempts }: QueuedMail, reason: string): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      const { rowCount } = await tx.execute(sql`
        update ${mailOutbox} set dead_at = protocol_now(), address_sealed = null, reason = ${reason}
         where recipient = ${recipient} and id = ${id} and attempts = ${attempts} and dead_at is null`);
      if (rowCount !== 1) return;
      const isFirst = await this.isFirst(tx, id);
      const event = { type: 'mail.died', mailId: id, kind, reason, attempts, alert: isFirst } as const;
      if (isFirst) await tx.execute(sql`with dead as (select) ${this.alerts.insertFrom(sql`dead`, event, null)}`);
      await this.audit.record(tx, [event], null);
    });
  }

  /** Of all that died within the hour, whoever they were for. */
  private async isFirst(tx: Transaction, id: string): Promise<boolean> {
    const { rows } = await tx.execute(sql`
      select from ${mailOutbox}
       where dead_at > protocol_now() - make_interval(mins => ${ALERT_EVERY_MINUTES}) and id <> ${id} limit 1`);
    return rows.length === 0;
  }

  /** @returns how many rows went, at most a batch */
  async purge(): Promise<number> {
    const { gone } = await oldDead.batch(this.database);
    return gone;
  }
}
