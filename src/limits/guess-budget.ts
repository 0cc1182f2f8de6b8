// The budgets of guesses, in PostgreSQL: growing delays must outlive a restart, and Redis. Count, commit, verify, settle.
import { Injectable } from '@nestjs/common';
import { eq, type SQL, sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { guessBudgets, sprayAlarms } from '../database/limits-schema.js';
import { given, Prepared } from '../database/prepared.js';
import { Metrics } from '../telemetry/metrics.js';
import type { Lane } from './guess-lanes.js';
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
   * One guess, from every lane or from none. One after the other: a lane that refuses keeps the next one untouched, so that
   * who has closed their own lane does not close the one that all share.
   */
  async charge(account: Account, lanes: readonly Lane[], route: string): Promise<Charge | Refused> {
    const failures: number[] = [];
    for (const lane of lanes) {
      const [charged] = await charging.run(this.database, { ...lane, ...account, kindOfLane: lane.kind });
      if (charged) {
        failures.push(charged.failures);
        continue;
      }
      const before = lanes.slice(0, failures.length);
      await this.giveBack({ account, lanes: before, failures });
      this.refused.inc({ lane: lane.kind, route });
      return this.refusal(account, lane);
    }
    for (const { kind } of lanes) this.charged.inc({ lane: kind, route });
    return { account, lanes, failures };
  }

  /** The proof was right: the lanes that it charged are new again, no other. */
  async clear({ account, lanes }: Charge): Promise<void> {
    await Promise.all(lanes.map(({ name }) => clearing.run(this.database, { ...account, name })));
  }

  /** Nothing was verified. The delay goes only where nobody was charged since. */
  async giveBack({ account, lanes, failures }: Charge): Promise<void> {
    const back = lanes.map(({ name }, at) => ({ ...account, name, failures: failures[at] }));
    await Promise.all(back.map((values) => givingBack.run(this.database, values)));
  }

  async isClosed(account: Account, { name, closesAt }: Lane): Promise<boolean> {
    const [seen] = await reading.run(this.database, { ...account, name });
    return (seen?.failures ?? 0) >= closesAt;
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

  private async refusal(account: Account, lane: Lane): Promise<Refused> {
    const [seen] = await reading.run(this.database, { ...account, name: lane.name });
    const isClosed = (seen?.failures ?? 0) >= lane.closesAt;
    const retryAfter = isClosed ? lane.maxDelaySeconds : Math.max(1, Math.ceil(seen?.seconds ?? 1));
    return { isClosed, retryAfter };
  }
}

const isAlarmed = sql`exists (select from ${sprayAlarms} where until > protocol_now())`;
const free = sql`case when ${isAlarmed} and ${given('kindOfLane')} <> 'device' then 1 else ${given('free')}::int end`;

/** Kept for a month after the last failure; what is closed for a year. */
const purgeAfter = (failures: SQL) =>
  sql`protocol_now()::date + case when ${failures} >= ${given('closesAt')}::int then 365 else 30 end`;

/**
 * The predicate stands on the row itself: whoever waited for its lock is judged by what it holds then. 2, 4, 8 … seconds
 * for each failure beyond the free ones.
 */
const charging = new Prepared<{ failures: number }>(
  'charge_guess',
  sql`
  insert into ${guessBudgets} as b (subject, kind, lane, failures, not_before, purge_after)
  values (${given('subject')}, ${given('kind')}, ${given('name')}, 1, protocol_now(), ${purgeAfter(sql`1`)})
  on conflict (subject, kind, lane) do update
     set failures = b.failures + 1,
         not_before = protocol_now() + make_interval(secs => case when b.failures + 1 > ${free}
           then least(${given('maxDelaySeconds')}::float, 2 ^ least(b.failures + 1 - ${free}, 20)) else 0 end),
         purge_after = ${purgeAfter(sql`b.failures + 1`)}
   where b.not_before <= protocol_now() and b.failures < ${given('closesAt')}::int
  returning failures`,
);

const clearing = new Prepared(
  'clear_guesses',
  sql`update ${guessBudgets} set failures = 0, not_before = protocol_now()
       where subject = ${given('subject')} and kind = ${given('kind')} and lane = ${given('name')}`,
);

const givingBack = new Prepared(
  'give_back_guess',
  sql`update ${guessBudgets}
         set failures = greatest(failures - 1, 0),
             not_before = case when failures = ${given('failures')}::int then protocol_now() else not_before end
       where subject = ${given('subject')} and kind = ${given('kind')} and lane = ${given('name')}`,
);

const reading = new Prepared<{ failures: number; seconds: number }>(
  'read_guesses',
  sql`select failures, extract(epoch from not_before - protocol_now())::float as seconds from ${guessBudgets}
       where subject = ${given('subject')} and kind = ${given('kind')} and lane = ${given('name')}`,
);
