// Reads what waits in the outbox, and lets it be tried at once.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { mailOutbox } from '../database/schema/mail.js';
import type { Caller } from '../http/caller.js';

export interface QueueFigures {
  readonly waiting: number;
  readonly dead: number;
  /** Age of the oldest mail that waits. */
  readonly oldestSeconds: number;
  /** For how long the mail that should have been tried first has not been: nobody works. */
  readonly overdueSeconds: number;
}

/** A mail of the list: for whom it is stays sealed. */
export interface ListedMail extends Record<string, unknown> {
  readonly id: string;
  readonly kind: string;
  readonly createdAt: string;
  readonly attempts: number;
  readonly nextAttemptAt: string;
  readonly sendBefore: string;
  readonly deadAt: string | null;
  readonly reason: string | null;
}

@Injectable()
export class MailQueue {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  async figures(): Promise<QueueFigures> {
    const seconds = (age: string) =>
      sql`greatest(coalesce(extract(epoch from max(${sql.raw(age)}) filter (where dead_at is null)), 0), 0)::float8`;
    const { rows } = await this.database.execute<Record<string, unknown> & QueueFigures>(sql`
      select count(*) filter (where dead_at is null)::int as waiting,
             count(*) filter (where dead_at is not null)::int as dead,
             ${seconds('now - created_at')} as "oldestSeconds", ${seconds('now - next_attempt_at')} as "overdueSeconds"
        from ${mailOutbox}, protocol_now() as now`);
    return rows[0] ?? { waiting: 0, dead: 0, oldestSeconds: 0, overdueSeconds: 0 };
  }

  /** The oldest first, the dead last. */
  async list(limit: number): Promise<ListedMail[]> {
    const { rows } = await this.database.execute<ListedMail>(sql`
      select ${listed} from ${mailOutbox} order by dead_at nulls first, created_at limit ${limit}`);
    return rows;
  }

  /** What is due next, then what died last; as many as `limit` of each, so that a long queue costs no more. */
  async head(limit: number): Promise<ListedMail[]> {
    const { rows } = await this.database.execute<ListedMail>(sql`
      select ${listed} from (
        (select * from ${mailOutbox} where dead_at is null order by next_attempt_at limit ${limit}) union all
        (select * from ${mailOutbox} where dead_at is not null order by dead_at desc limit ${limit})) as mails
       order by dead_at desc nulls first, next_attempt_at`);
    const iso = (text: string) => new Date(text).toISOString();
    return rows.map((row) => ({
      ...{ ...row, createdAt: iso(row.createdAt), nextAttemptAt: iso(row.nextAttemptAt) },
      ...{ sendBefore: iso(row.sendBefore), deadAt: row.deadAt && iso(row.deadAt) },
    }));
  }

  /** @returns how many mails wait for a later try: all of them, or whether one does */
  async pausing(id: string | undefined): Promise<number> {
    const { rows } = await this.database.execute<{ mails: number }>(
      sql`select count(*)::int as mails from ${mailOutbox} where ${isPausing(id)}`,
    );
    return rows[0]?.mails ?? 0;
  }

  /** @returns how many mails are due now that were not */
  async retry(id: string | undefined, caller: Caller): Promise<number> {
    return inTransaction(this.database, async (tx) => {
      const { rowCount } = await tx.execute(sql`
        update ${mailOutbox} set next_attempt_at = protocol_now() where ${isPausing(id)}`);
      const mails = rowCount ?? 0;
      if (mails > 0) await this.audit.record(tx, [{ type: 'mail.retried', mails, by: 'operator' }], caller);
      return mails;
    });
  }
}

const at = (column: string) => sql`to_json(${sql.identifier(column)}) #>> '{}'`;
const listed = sql`
  id, kind, ${at('created_at')} as "createdAt", attempts, ${at('next_attempt_at')} as "nextAttemptAt",
  ${at('send_before')} as "sendBefore", ${at('dead_at')} as "deadAt", reason`;

const isPausing = (id: string | undefined) =>
  sql`dead_at is null and next_attempt_at > protocol_now() and ${id ? sql`id = ${id}` : sql`true`}`;
