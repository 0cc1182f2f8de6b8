// Rows that stand for something to be done, such as a message to send: claimed, tried, and retried
// until it works. Any instance may do it; a row that one has claimed is free again after a while,
// so that a crash only delays it.
import { getTableName, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './database.js';
import { given, Prepared } from './prepared.js';

const BATCH = 10;
/** The pause after the first failure; it doubles with each further one. */
const FIRST_PAUSE_SECONDS = 5;
const MAX_PAUSE_SECONDS = 3_600;

type Claimable = PgTable & Record<'userId' | 'id' | 'createdAt' | 'attempts' | 'nextAttemptAt', PgColumn>;

export interface Claimed extends Record<string, unknown> {
  readonly user_id: string;
  readonly id: string;
  readonly created_at: Date;
  /** The database's time of this try. */
  readonly claimed_at: Date;
  /** This one included. */
  readonly attempts: number;
}

export interface Try<Row> {
  readonly row: Row;
  readonly outcome: 'done' | 'failed' | 'given_up';
  /** Why it failed. */
  readonly reason?: string | undefined;
}

interface Options<Row> {
  /** Longer than a try takes. */
  readonly claimSeconds: number;
  /** A row that is older is tried once more, and then goes. */
  readonly giveUpDays: number;
  /** @returns why it failed, undefined when it is done; must not throw */
  readonly attempt: (row: Row) => Promise<string | undefined>;
  readonly report: (tried: Try<Row>) => void;
}

export class ClaimedRows<Row extends Claimed> {
  private readonly claim;
  private readonly postpone;
  private readonly remove;

  constructor(
    private readonly database: Database,
    table: Claimable,
    private readonly options: Options<Row>,
  ) {
    const name = getTableName(table);
    this.claim = new Prepared<Row & { is_late: boolean }>(
      `claim_${name}`,
      sql`
        update ${table} t set attempts = attempts + 1, next_attempt_at = now + make_interval(secs => ${given('seconds')})
          from protocol_now() as now
         where (t.user_id, t.id) in (
           select user_id, id from ${table} where next_attempt_at <= (select protocol_now())
            order by next_attempt_at limit ${given('batch')} for update skip locked)
        returning t.*, now as claimed_at, t.created_at < now - make_interval(days => ${given('days')}) as is_late`,
    );
    // The number of attempts: where the claim has run out, the row is another instance's.
    this.postpone = new Prepared(
      `postpone_${name}`,
      sql`
        update ${table} set next_attempt_at = protocol_now() + make_interval(secs => ${given('pause')})
         where user_id = ${given('user_id')} and id = ${given('id')} and attempts = ${given('attempts')}`,
    );
    this.remove = new Prepared(
      `remove_${name}`,
      sql`delete from ${table} where user_id = ${given('user_id')} and id = ${given('id')}`,
    );
  }

  /**
   * Tries every row that is due.
   * @param isEnding asked before each further batch
   */
  async tryDue(isEnding: () => boolean): Promise<void> {
    const { claimSeconds: seconds, giveUpDays: days } = this.options;
    let claimed;
    do {
      claimed = await this.claim.run(this.database, { seconds, days, batch: BATCH });
      await Promise.all(claimed.map((row) => this.try(row)));
    } while (claimed.length === BATCH && !isEnding());
  }

  private async try(row: Row & { is_late: boolean }): Promise<void> {
    const reason = await this.options.attempt(row);
    const outcome = reason === undefined ? 'done' : row.is_late ? 'given_up' : 'failed';
    this.options.report({ row, outcome, reason });
    const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (row.attempts - 1), MAX_PAUSE_SECONDS);
    if (outcome === 'failed') await this.postpone.run(this.database, { ...row, pause });
    else await this.remove.run(this.database, row);
  }
}
