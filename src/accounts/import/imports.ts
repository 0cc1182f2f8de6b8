// How far each file was imported, and which of its lines were refused.
import { Injectable } from '@nestjs/common';
import { and, asc, count, eq, sql } from 'drizzle-orm';
import { Database, type Transaction } from '../../database/database.js';
import { importRefusals, imports } from '../../database/schema/imports.js';
import type { RefusedLine } from './line-codes.js';

/** What was done of a file. */
export interface Progress {
  /** The last line that was read. */
  readonly line: number;
  readonly imported: number;
  readonly refused: number;
}

export interface Refusals {
  readonly count: number;
  /** The first of them. */
  readonly lines: readonly number[];
}

/** How many lines a report names for each code. */
export const LINES_NAMED = 10;

@Injectable()
export class Imports {
  constructor(private readonly database: Database) {}

  async find(sha256: Buffer): Promise<Progress> {
    const [found] = await this.database.select().from(imports).where(eq(imports.sha256, sha256));
    return found ?? { line: 0, imported: 0, refused: 0 };
  }

  async begin(sha256: Buffer): Promise<Progress> {
    await this.database.insert(imports).values({ sha256 }).onConflictDoNothing();
    return this.find(sha256);
  }

  /**
   * Moves a file on, before anything else of a batch. The line that was read before stands in the condition: of two
   * processes that import one file, one goes on.
   * @returns false for the other one
   */
  async claim(tx: Transaction, sha256: Buffer, from: number, to: number): Promise<boolean> {
    const { rowCount } = await tx
      .update(imports)
      .set({ line: to })
      .where(and(eq(imports.sha256, sha256), eq(imports.line, from)));
    return rowCount === 1;
  }

  async count(tx: Transaction, sha256: Buffer, { imported, refused }: Progress): Promise<void> {
    await tx.update(imports).set({ imported, refused }).where(eq(imports.sha256, sha256));
  }

  async refuse(tx: Transaction, sha256: Buffer, refused: readonly RefusedLine[]): Promise<void> {
    if (refused.length > 0)
      await tx.insert(importRefusals).values(refused.map(({ line, code }) => ({ sha256, line, code })));
  }

  async refusals(sha256: Buffer): Promise<Readonly<Record<string, Refusals>>> {
    const isOfFile = eq(importRefusals.sha256, sha256);
    const { code, line } = importRefusals;
    const codes = await this.database
      .select({ code, count: count() })
      .from(importRefusals)
      .where(isOfFile)
      .groupBy(code);
    const found: Record<string, Refusals> = {};
    for (const each of codes.toSorted((a, b) => (a.code < b.code ? -1 : 1))) {
      const lines = await this.database
        .select({ line })
        .from(importRefusals)
        .where(and(isOfFile, sql`${code} = ${each.code}`))
        .orderBy(asc(line))
        .limit(LINES_NAMED);
      found[each.code] = { count: each.count, lines: lines.map((row) => row.line) };
    }
    return found;
  }
}
