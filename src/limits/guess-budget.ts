// The budgets of guesses, in PostgreSQL: growing delays must outlive a restart, and Redis. Count, commit, verify, settle.
import { Injectable } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { Database, type Transaction } from '../database/database.js';
import { guessBudgets } from '../database/schema/limits.js';
import { Metrics } from '../telemetry/metrics.js';
import type { Lane } from './guess-lanes.js';
import { forgiveGuesses, named, readGuesses, statementsFor } from './guess-statements.js';
import { LimitKeys } from './limit-keys.js';

export type GuessKind = (typeof guessBudgets.$inferSelect)['kind'];

export interface Account {
  /** A keyed hash (limit-keys.ts). */
  readonly subject: Buffer;
  readonly kind: GuessKind;
}

export interface Charge {
  readonly account: Account;
  readonly lanes: readonly Lane[];
  /** What each lane stood at, this guess included. */
  readonly failures: readonly number[];
}

interface Refused {
  readonly isClosed: boolean;
  readonly retryAfter: number;
}

@Injectable()
export class GuessBudget {
  private readonly charged;
  private readonly refused;

  constructor(
    private readonly database: Database,
    private readonly keys: LimitKeys,
    metrics: Metrics,
  ) {
    this.charged = metrics.counter('watchword_guesses_charged_total', 'Guesses charged, by lane', 'lane', 'route');
    this.refused = metrics.counter('watchword_guesses_refused_total', 'Guesses refused, by lane', 'lane', 'route');
  }

  /** @param who a user id, or an address that nobody has */
  async accountOf(kind: GuessKind, who: string): Promise<Account> {
    return { subject: await this.keys.nameOf('subject', who), kind };
  }

  /**
   * Charges one guess to every lane or to none. A lane that refuses leaves the next one untouched, so
   * that who has closed their own lane does not close the one that all share.
   */
  async charge(account: Account, lanes: readonly Lane[], route: string): Promise<Charge | Refused> {
    const [row = {}] = await statementsFor(lanes).charge.run(this.database, { ...account, ...named(lanes) });
    const failures = lanes.map((_, at) => row[`failures${at}`]).filter((each) => each !== null && each !== undefined);
    const refusing = lanes[failures.length];
    if (!refusing) {
      for (const { kind } of lanes) this.charged.inc({ lane: kind, route });
      return { account, lanes, failures };
    }
    await this.giveBack({ account, lanes: lanes.slice(0, failures.length), failures });
    this.refused.inc({ lane: refusing.kind, route });
    return this.refusal(account, refusing);
  }

  /** Clears the lanes that a right guess has charged, and no other. */
  async clear({ account, lanes }: Charge): Promise<void> {
    await statementsFor(lanes).clear.run(this.database, { ...account, ...named(lanes) });
  }

  /** In the transaction of an act that makes the account its owner's again. */
  async clearIn(tx: Transaction, account: Account, lanes: readonly Lane[]): Promise<void> {
    await statementsFor(lanes).clearIn.runIn(tx, { ...account, ...named(lanes) });
  }

  /** Nothing was verified. The delay goes only if nobody else was charged since. */
  async giveBack({ account, lanes, failures }: Charge): Promise<void> {
    const stood = Object.fromEntries(failures.map((each, at) => [`failures${at}`, each]));
    if (lanes.length > 0)
      await statementsFor(lanes).giveBack.run(this.database, { ...account, ...named(lanes), ...stood });
  }

  /** What a success takes away from the first lane, with its delay: so many guesses were the owner's. */
  async forgive({ account, lanes }: Charge, guesses: number): Promise<void> {
    await forgiveGuesses.run(this.database, { ...account, ...named(lanes.slice(0, 1)), guesses });
  }

  async countFailed(userId: string): Promise<number> {
    const { subject } = await this.accountOf('password', userId);
    const rows = await this.database.select().from(guessBudgets).where(eq(guessBudgets.subject, subject));
    return rows.filter(({ failures }) => failures > 0).length;
  }

  /** @returns how many lanes had failures */
  async unlock(userId: string): Promise<number> {
    const { subject } = await this.accountOf('password', userId);
    const { rows } = await this.database.execute<{ failures: number }>(sql`
      delete from ${guessBudgets} where subject = ${subject} returning failures`);
    return rows.filter(({ failures }) => failures > 0).length;
  }

  /** Of one kind, in the transaction of an operator's act. */
  async unlockIn(tx: Transaction, kind: GuessKind, userId: string): Promise<void> {
    const { subject } = await this.accountOf(kind, userId);
    await tx.execute(sql`delete from ${guessBudgets} where subject = ${subject} and kind = ${kind}`);
  }

  private async refusal(account: Account, lane: Lane): Promise<Refused> {
    const [seen] = await readGuesses.run(this.database, { ...account, name: lane.name });
    const isClosed = (seen?.failures ?? 0) >= lane.closesAt;
    const retryAfter = isClosed ? lane.maxDelaySeconds : Math.max(1, Math.ceil(seen?.seconds ?? 1));
    return { isClosed, retryAfter };
  }
}
