// Seals the rows of one sealed column anew, in batches: a table may be large, and its rows are in use meanwhile.
import { getTableName, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../database/database.js';
import { type KeyEncryption, nameOfRow } from './key-encryption.js';
import type { SealedColumn } from './sealed-columns.js';

const BATCH = 500;

export interface Counts {
  /** Sealed anew, or to be. */
  readonly anew: number;
  readonly untouched: number;
  /** Neither key opens them. */
  readonly unopenable: number;
}

type Row = Record<string, unknown> & { first: string | Buffer; second: string; names: string[]; sealed: Buffer };

export const nameOf = ({ table, sealed }: SealedColumn): string => `${getTableName(table)}.${sealed.name}`;

export async function rewrapRows(
  database: Database,
  encryption: KeyEncryption,
  column: SealedColumn,
  { isDryRun }: { isDryRun: boolean },
): Promise<Counts> {
  const counts = { anew: 0, untouched: 0, unopenable: 0 };
  for (let rows = await next(database, column); rows.length > 0; rows = await next(database, column, rows.at(-1))) {
    const old = rows.filter(({ sealed, names }) => !encryption.isSealedAnew(sealed, nameOfRow(names)));
    const anew = old.flatMap((row) => sealedAnew(encryption, row));
    counts.untouched += rows.length - old.length;
    counts.unopenable += old.length - anew.length;
    counts.anew += anew.length;
    if (anew.length > 0 && !isDryRun) await database.execute(update(column, anew));
  }
  return counts;
}

async function next(database: Database, column: SealedColumn, last?: Row): Promise<Row[]> {
  const [first, second] = column.key;
  const names = sql.join(
    column.name.map((each) => sql`${each}::text`),
    sql`, `,
  );
  const after = last ? sql`(${first}, ${second}) > (${last.first}, ${last.second})` : sql`true`;
  const { rows } = await database.execute<Row>(sql`
    select ${first} as first, ${second} as second, array[${names}] as names, ${column.sealed} as sealed
      from ${column.table} where ${column.sealed} is not null and ${after}
     order by ${first}, ${second} limit ${BATCH}`);
  return rows;
}

function sealedAnew(encryption: KeyEncryption, row: Row): (Row & { anew: Buffer })[] {
  const name = nameOfRow(row.names);
  try {
    return [{ ...row, anew: encryption.seal(encryption.open(row.sealed, name), name) }];
  } catch {
    return [];
  }
}

/** Compares and sets: a row that was sealed by somebody else meanwhile stays as it is. */
function update({ table, sealed, key }: SealedColumn, rows: readonly (Row & { anew: Buffer })[]): SQL {
  const [first, second] = key;
  const id = (name: string) => sql.identifier(name);
  const list = (name: 'first' | 'second' | 'sealed' | 'anew', type: string) =>
    sql`${sql.param(rows.map((row) => row[name]))}::${sql.raw(type)}[]`;
  const [firsts, seconds] = [list('first', first.getSQLType()), list('second', second.getSQLType())];
  return sql`
    update ${table} t set ${id(sealed.name)} = given.anew
      from unnest(${firsts}, ${seconds}, ${list('sealed', 'bytea')}, ${list('anew', 'bytea')})
        as given (first, second, sealed, anew)
     where t.${id(first.name)} = given.first and t.${id(second.name)} = given.second
       and t.${id(sealed.name)} = given.sealed`;
}
