// Buries a mail that will not arrive: its address goes at once, the rest of the row after a week. Somebody is paged once
// an hour at most, so that nobody can page by registering addresses that do not exist.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Alerts } from '../audit/alerts.js';
import { Audit } from '../audit/audit.js';
import { Database, inTransaction } from '../database/database.js';
import { mailOutbox } from '../database/mail-schema.js';
import type { QueuedMail } from './queued-mail.js';

const ALERT_EVERY_MINUTES = 60;
const KEEP_DAYS = 7;
const BATCH = 1_000;

@Injectable()
export class DeadMail {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly alerts: Alerts,
  ) {}

  async bury({ recipient, id, kind, attempts }: QueuedMail, reason: string): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      const { rows } = await tx.execute<{ isFirst: boolean }>(sql`
        update ${mailOutbox} m set dead_at = protocol_now(), address_sealed = null, reason = ${reason}
         where recipient = ${recipient} and id = ${id} and attempts = ${attempts} and dead_at is null
        returning not exists (
          select from ${mailOutbox} o
           where o.dead_at > (select protocol_now()) - make_interval(mins => ${ALERT_EVERY_MINUTES})) as "isFirst"`);
      const [buried] = rows;
      if (!buried) return;
      const event = { type: 'mail.died', mailId: id, kind, reason, attempts, alert: buried.isFirst } as const;
      if (buried.isFirst)
        await tx.execute(sql`with dead as (select) ${this.alerts.insertFrom(sql`dead`, event, null)}`);
      await this.audit.record(tx, [event], null);
    });
  }

  /** @returns how many rows went, at most a batch */
  async purge(): Promise<number> {
    const { rowCount } = await this.database.execute(sql`
      delete from ${mailOutbox} where ctid = any(array(
        select ctid from ${mailOutbox}
         where dead_at is not null and dead_at < (select protocol_now()) - make_interval(days => ${KEEP_DAYS})
         order by dead_at limit ${BATCH} for update skip locked))`);
    return rowCount ?? 0;
  }
}
