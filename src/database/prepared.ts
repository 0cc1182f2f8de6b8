// A statement of the hot path: its text is built once, and PostgreSQL parses and plans it once for
// each connection.
import { createHash } from 'node:crypto';
import { fillPlaceholders, sql, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryResultRow } from 'pg';
import { clientOf, type Database, poolOf, type Transaction } from './database.js';
import type { Pool } from './connections/pool.js';
import { isDatabaseUnavailable } from './connections/unavailable.js';

/** A value that is given when the statement runs. */
export const given = (name: string) => sql.placeholder(name);

/**
 * A migration has changed what a statement returns (PostgreSQL, Appendix A: feature_not_supported).
 */
const PLAN_OUTDATED = '0A000';
/** The plan of this name is another connection's: a pooler in transaction mode that no start has noticed. */
const NOT_OURS = new Set(['26000', '42P05']);

/**
 * The server refused a plan before it did anything: without names the statement, or the transaction
 * that it has aborted, may be run again. Another connection must be used.
 */
export function isPlanRefused(error: unknown, pool: Pool): boolean {
  const code = String((error as { code?: unknown }).code);
  if (NOT_OURS.has(code)) pool.stopNaming();
  return code === PLAN_OUTDATED || NOT_OURS.has(code);
}

export class Prepared<Row extends QueryResultRow> {
  readonly name: string;
  private readonly text: string;
  private readonly parameters: unknown[];

  /**
   * @param name what pg_prepared_statements shows; a hash of the text follows it, because pg
   * refuses two texts of one name
   * @param statement with `given(name)` for whatever differs from one time to the next
   * @param isNamedInTransactions for a statement of a transaction that may run twice (transactions.ts)
   */
  constructor(
    name: string,
    statement: SQL,
    private readonly isNamedInTransactions = false,
  ) {
    const query = new PgDialect().sqlToQuery(statement);
    this.text = query.sql;
    this.parameters = query.params;
    this.name = `${name}_${createHash('sha256').update(this.text).digest('hex').slice(0, 12)}`;
  }

  /** @returns the rows as pg reads them: a time is a Date */
  async run(database: Database, values: Readonly<Record<string, unknown>>): Promise<Row[]> {
    const pool = poolOf(database);
    const query = this.queryWith(values);
    if (!pool.keepsPlans) return (await pool.query<Row>(query)).rows;
    const client = await pool.connect();
    try {
      const { rows } = await client.query<Row>({ ...query, name: this.name });
      client.release();
      return rows;
    } catch (error) {
      const isRefused = isPlanRefused(error, pool);
      // Ended, not returned: its plan stays outdated, or whether the server still listens to it is
      // not known.
      client.release(isRefused || isDatabaseUnavailable(error));
      if (!isRefused) throw error;
    }
    // The server refused the plan before it did anything, so that the statement may be sent again,
    // without a name.
    return (await pool.query<Row>(query)).rows;
  }

  /**
   * As a part of a transaction, and in most not prepared there: an outdated plan undoes the whole
   * transaction.
   */
  async runIn(tx: Transaction, values: Readonly<Record<string, unknown>>): Promise<Row[]> {
    const query = this.queryWith(values);
    const isNamed = this.isNamedInTransactions && tx.keepsPlans;
    return (await clientOf(tx).query<Row>(isNamed ? { ...query, name: this.name } : query)).rows;
  }

  private queryWith(values: Readonly<Record<string, unknown>>) {
    return { text: this.text, values: fillPlaceholders(this.parameters, { ...values }) };
  }
}
