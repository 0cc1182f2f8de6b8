// Reads one page of a long list at a bounded cost, whatever is searched for: a statement goes along one index, looks at
// a window of rows, and picks those that fit.
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';

/** Some 10 ms, where the rows are in memory (docs/measurements.md). */
export const WINDOW = 2_000;

export interface Scan {
  readonly columns: SQL;
  /** A text by which the next page finds its beginning. */
  readonly place: SQL;
  /** The table, and the range of the index. */
  readonly from: SQL;
  /** The order of the index. */
  readonly order: SQL;
  /** What the index does not know. */
  readonly fits: SQL | undefined;
}

interface Looked {
  readonly place: string | null;
  /** How many rows were looked at, and the place of the last one; null where the page is full before. */
  readonly looked: number | null;
  readonly lookedTo: string | null;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The place where the next page begins; undefined where none follows. */
  readonly end: string | undefined;
}

/** How many rows the statement looks at: one more than the page, where every one fits. */
const windowOf = (fits: SQL | undefined, limit: number) => (fits ? WINDOW : limit + 1);

/**
 * The limit within is a fence: no condition from outside is tried on more rows than the window has. PostgreSQL reads a
 * common table expression as far as it is asked to: where a page is soon full, the rest of the window stays unread.
 */
export const boundedPage = ({ columns, place, from, order, fits }: Scan, limit: number): SQL => sql`
  with looked as materialized (
    select *, row_number() over () as number from (
      select ${columns}, ${place} as place, ${fits ?? sql`true`} as fits from ${from} order by ${order}
       limit ${windowOf(fits, limit)}) as rows),
  page as materialized (select * from looked where fits limit ${limit + 1})
  select page.*, seen.looked, seen."lookedTo"
    from (select case when (select count(*) from page) <= ${limit} then (select count(*)::int from looked) end as looked,
                 case when (select count(*) from page) <= ${limit}
                      then (select place from looked order by number desc limit 1) end as "lookedTo") as seen
    left join page on true
   order by page.number`;

/** A page, read along the index. */
export async function readPage<Row extends object>(database: Database, scan: Scan, limit: number): Promise<Page<Row>> {
  const rows = await alongIndex<Looked & Row>(database, boundedPage(scan, limit));
  const found = rows.filter(({ place }) => place !== null);
  const page = found.slice(0, limit);
  if (found.length > limit) return { rows: page, end: page.at(-1)?.place ?? undefined };
  const [{ looked, lookedTo } = { looked: 0, lookedTo: null }] = rows;
  const isFull = looked === windowOf(scan.fits, limit);
  return { rows: page, end: isFull ? (lookedTo ?? undefined) : undefined };
}

/**
 * By its statistics the planner may expect few rows, read all of a range and sort it. Without sorting it has to take the
 * index that has the order, whatever it expects.
 */
export const alongIndex = <Row extends object>(database: Database, statement: SQL): Promise<Row[]> =>
  inTransaction(database, async (tx) => {
    await tx.execute(sql`select set_config('enable_sort', 'off', true)`);
    return (await tx.execute(statement)).rows as Row[];
  });
