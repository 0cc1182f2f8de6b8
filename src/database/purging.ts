// Deletes rows that are over, in one shape for every table: finds a batch by an index, and deletes it by its keys.
import { getTableName, type SQL, sql } from 'drizzle-orm';
import { getTableConfig, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';
import { withoutStatement } from '../runtime/reason.js';
import type { Database, Transaction } from './database.js';
import { inTransaction } from './transactions.js';

const BATCH = 1_000;
/** The first half of the purges' advisory locks; the second one is made of the table's name. */
const PURGE_LOCKS = 7_737;
/** Less than PostgreSQL waits before it looks for deadlocks (a second): a purge gives way, and nobody else has to. */
const WAIT_MS = 300;
const LOCK_NOT_AVAILABLE = '55P03';

interface Options {
  readonly table: PgTable;
  /** What is over, of one row. */
  readonly isOver: SQL;
  /** An index leads from it to the rows that are over. */
  readonly by: PgColumn;
}

interface Batch {
  readonly gone: number;
  readonly isMore: boolean;
}

type Keys = readonly Record<string, unknown>[];
const nothing: Batch = { gone: 0, isMore: false };

export class Purging {
  private readonly key: readonly PgColumn[];

  constructor(private readonly options: Options) {
    const { primaryKeys, columns } = getTableConfig(options.table);
    const names = primaryKeys[0]?.columns.map(({ name }) => name);
    this.key = columns.filter(({ name, primary }) => names?.includes(name) ?? primary);
  }

  /** @param count is told how many rows went, after each batch */
  async run(database: Database, count: (gone: number) => void, isEnding = () => false): Promise<number> {
    let all = 0;
    let batch;
    do {
      batch = await this.batch(database);
      all += batch.gone;
      count(batch.gone);
    } while (batch.isMore && !isEnding());
    return all;
  }

  /**
   * Nothing, while another instance purges the table. The advisory lock only saves work: of two that purge at once, behind
   * two entry nodes, one finds the rows gone. A row that somebody holds for longer than a moment ends the round.
   * @param withRows what goes beside them, in the same transaction
   */
  async batch(database: Database, withRows?: (tx: Transaction, keys: Keys) => Promise<void>): Promise<Batch> {
    const work = inTransaction(database, async (tx) => {
      if (!(await this.isOurs(tx))) return nothing;
      const { rows: keys } = await tx.execute(this.find());
      if (keys.length === 0) return nothing;
      await withRows?.(tx, keys);
      const gone = (await tx.execute(this.remove(keys))).rowCount ?? 0;
      return { gone, isMore: gone > 0 && keys.length === BATCH };
    });
    return work.catch((error: unknown) => {
      if ((withoutStatement(error) as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      return nothing;
    });
  }

  /** The keys of a batch. The test explains it. */
  find(): SQL {
    const { table, isOver, by } = this.options;
    return sql`select ${sql.join([...this.key], sql`, `)} from ${table} where ${isOver} order by ${by} limit ${BATCH}`;
  }

  /**
   * A list for each column of the key, whose first one names the shards: what else the lists meet is over, too. Whether a
   * row is over is decided on the row itself.
   */
  remove(keys: Keys): SQL {
    const { table, isOver } = this.options;
    const isListed = this.key.map((column) => {
      const list = sql.param(keys.map((each) => each[column.name]));
      return sql`${column} = any(${list}::${sql.raw(column.getSQLType())}[])`;
    });
    return sql`delete from ${table} where ${sql.join(isListed, sql` and `)} and ${isOver}`;
  }

  private async isOurs(tx: Transaction): Promise<boolean> {
    const { rows } = await tx.execute<{ isOurs: boolean }>(sql`
      select pg_try_advisory_xact_lock(${PURGE_LOCKS}, hashtext(${getTableName(this.options.table)})) as "isOurs",
             set_config('lock_timeout', ${`${WAIT_MS}ms`}, true)`);
    return rows[0]?.isOurs ?? false;
  }
}
