// What is said at every request? A statement that is put together once; only its values are new each time.
import { fillPlaceholders, sql, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryResultRow } from 'pg';
import { type Database, poolOf } from './database.js';

/** A value that is given when the statement runs. */
export const given = (name: string) => sql.placeholder(name);

export class Prepared<Row extends QueryResultRow> {
  private readonly text: string;
  private readonly parameters: unknown[];

  /** @param statement with `given(name)` for whatever differs from one time to the next */
  constructor(statement: SQL) {
    const query = new PgDialect().sqlToQuery(statement);
    this.text = query.sql;
    this.parameters = query.params;
  }

  /** @returns the rows as pg reads them: a time is a Date */
  async run(database: Database, values: Readonly<Record<string, unknown>>): Promise<Row[]> {
    const query = { text: this.text, values: fillPlaceholders(this.parameters, { ...values }) };
    return (await poolOf(database).query<Row>(query)).rows;
  }
}
