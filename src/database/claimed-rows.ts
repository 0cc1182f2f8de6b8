// Rows that stand for something to be done, such as a message to send: claimed, tried, and retried
// until it works. Any instance may do it; a row that one has claimed is free again after a while,
// so that a crash only delays it.
import { getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './database.js';
import { given, Prepared } from './prepared.js';

const BATCH = 10;

type Claimable = PgTable & Record<'id' | 'createdAt' | 'attempts' | 'nextAttemptAt', PgColumn>;

export interface Claimed extends Record<string, unknown> {
  readonly id: string;
  readonly created_at: Date;
  /** When the claim runs out. */
  readonly next_attempt_at: Date;
  /** The database's time of this try. */
  readonly claimed_at: Date;
  /** This one included. */
  readonly attempts: number;
  /** There is no further try. */
  readonly is_late: boolean;
}

/** Why a try failed. */
export interface Failure {
  /** For logs and tables: it names no person. */
  readonly reason: string;
  /** No further try can change it. */
  readonly isFinal?: boolean;
}

export interface Try<Row> {
  readonly row: Row;
  readonly outcome: 'done' | 'failed' | 'given_up';
  readonly reason?: string | undefined;
}

interface Options<Row> {
  /** The first column of the primary key; the second one is `id`. */
  readonly partition: PgColumn;
  /** Which rows are to be tried, of `t`; every one without it. */
  readonly isOpen?: SQL;
  /** Whether this try is the last one. */
  readonly isLate: (row: Row) => boolean;
  /** Longer than a try takes. */
  readonly claimSeconds: number;
  readonly pauseSeconds: (attempts: number) => number;
  /** @returns why it failed, undefined when it is done; must not throw */
  readonly attempt: (row: Row) => Promise<Failure | undefined>;
  readonly report: (tried: Try<Row>) => void;
  /** What becomes of a row that is given up; without it the row goes. */
  readonly giveUp?: (row: Row, reason: string) => Promise<void>;
  /** Keeps the reason of a failure in the row. */
  readonly reason?: PgColumn;
}

/** As it was found. */
interface Due extends Record<string, unknown> {
  readonly id: string;
  readonly attempts: number;
}

export class ClaimedRows<Row extends Claimed> {
  private readonly findDue;
  private readonly claim;
  private readonly postpone;
  private readonly remove;

  constructor(
    private readonly database: Database,
    table: Claimable,
    private readonly options: Options<Row>,
  ) {
    const name = getTableName(table);
    const { partition, isOpen = sql`true`, reason } = options;
    const part = sql.identifier(partition.name);
    const isThis = sql`${part} = ${given(partition.name)} and id = ${given('id')}`;
    const isDue = sql`t.next_attempt_at <= protocol_now() and ${isOpen}`;
    this.findDue = new Prepared<Due>(
      `find_${name}`,
      sql`select t.${part}, t.id, t.attempts from ${table} t where ${isDue} order by t.next_attempt_at limit ${given('batch')}`,
    );
    // The number of attempts decides: of two instances that found the row, one claims it.
    this.claim = new Prepared<Row>(
      `claim_${name}`,
      sql`
        update ${table} t
           set attempts = t.attempts + 1, next_attempt_at = protocol_now() + make_interval(secs => ${given('seconds')})
         where t.${part} = ${given(partition.name)} and t.id = ${given('id')} and t.attempts = ${given('attempts')}
           and ${isDue}
        returning t.*`,
    );
    // The number of attempts: where the claim has run out, the row is another instance's.
    const kept = reason ? sql`, ${sql.identifier(reason.name)} = ${given('reason')}` : sql``;
    this.postpone = new Prepared(
      `postpone_${name}`,
      sql`
        update ${table} set next_attempt_at = protocol_now() + make_interval(secs => ${given('pause')})${kept}
         where ${isThis} and attempts = ${given('attempts')}`,
    );
    this.remove = new Prepared(`remove_${name}`, sql`delete from ${table} where ${isThis}`);
  }

  /**
   * Tries every row that is due.
   * @param isEnding asked before each further batch
   */
  async tryDue(isEnding: () => boolean): Promise<void> {
    let found;
    do {
      found = await this.findDue.run(this.database, { batch: BATCH });
      await Promise.all(found.map((due) => this.claimAndTry(due)));
    } while (found.length === BATCH && !isEnding());
  }

  private async claimAndTry(due: Due): Promise<void> {
    const seconds = this.options.claimSeconds;
    const [row] = await this.claim.run(this.database, { ...due, seconds });
    if (!row) return; // another instance has it
    const claimed = { ...row, claimed_at: new Date(row.next_attempt_at.getTime() - seconds * 1_000) };
    await this.try({ ...claimed, is_late: this.options.isLate(claimed) });
  }

  private async try(row: Row): Promise<void> {
    const failure = await this.options.attempt(row);
    const isOver = failure && (failure.isFinal || row.is_late);
    const reason = failure?.reason;
    const pause = this.options.pauseSeconds(row.attempts);
    if (failure && !isOver) await this.postpone.run(this.database, { ...row, pause, reason });
    else if (failure && this.options.giveUp) await this.options.giveUp(row, failure.reason);
    else await this.remove.run(this.database, row);
    // Once it is written: whoever reads the log finds the row as it says.
    this.options.report({ row, outcome: failure === undefined ? 'done' : isOver ? 'given_up' : 'failed', reason });
  }
}
