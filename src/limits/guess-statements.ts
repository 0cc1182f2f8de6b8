// The statements that change budgets of guesses. One statement changes all lanes of a guess, in their order.
import { type SQL, sql } from 'drizzle-orm';
import { guessBudgets, sprayAlarms } from '../database/schema/limits.js';
import { given, Prepared } from '../database/prepared.js';
import type { Lane } from './guess-lanes.js';

/** `failures0`: what the first lane stands at now; null if it has refused or was not reached. */
type Charged = Readonly<Record<string, number | null>>;

interface Statements {
  readonly charge: Prepared<Charged>;
  readonly clear: Prepared<object>;
  /** For a transaction, whose other writes must survive. */
  readonly clearIn: Prepared<object>;
  readonly giveBack: Prepared<object>;
}

/** Values of the lanes, such as `free0` and `free1`. */
export const named = (lanes: readonly Lane[]): Record<string, unknown> =>
  Object.fromEntries(lanes.flatMap((lane, at) => Object.entries(lane).map(([key, value]) => [`${key}${at}`, value])));

export const statementsFor = (lanes: readonly Lane[]): Statements => (lanes.length === 1 ? forOne : forTwo);

export const readGuesses = new Prepared<{ failures: number; seconds: number }>(
  'read_guesses',
  sql`select failures, extract(epoch from not_before - protocol_now())::float as seconds from ${guessBudgets}
       where subject = ${given('subject')} and kind = ${given('kind')} and lane = ${given('name')}`,
);

/**
 * The deciding predicate stands on the row itself: whoever waited for its lock is judged by what it
 * holds then. The delay is 2, 4, 8 … seconds for each failure beyond the free ones.
 */
function charging(at: number): SQL {
  const isAlarmed = sql`exists (select from ${sprayAlarms} where until > protocol_now())`;
  const free = sql`case when ${given(`kind${at}`)} <> 'device' and ${isAlarmed} then 1
                   else ${given(`free${at}`)}::int end`;
  const closesAt = sql`${given(`closesAt${at}`)}::int`;
  // Kept for a month after the last failure, or for a year: once closed, and for codes, so that waiting gains nothing.
  const purgeAfter = (failures: SQL) =>
    sql`protocol_now()::date + case when ${failures} >= ${closesAt} or ${given('kind')}::text = 'otp' then 365 else 30 end`;
  return sql`
    insert into ${guessBudgets} as b (subject, kind, lane, failures, not_before, purge_after)
    select ${given('subject')}::bytea, ${given('kind')}, ${given(`name${at}`)}::bytea, 1, protocol_now(),
           ${purgeAfter(sql`1`)}
     where ${at === 0 ? sql`true` : sql`exists (select from ${lane(at - 1)})`}
    on conflict (subject, kind, lane) do update
       set failures = b.failures + 1,
           not_before = protocol_now() + make_interval(secs => case when b.failures + 1 > ${free}
             then least(${given(`maxDelaySeconds${at}`)}::float, 2 ^ least(b.failures + 1 - ${free}, 20)) else 0 end),
           purge_after = ${purgeAfter(sql`b.failures + 1`)}
     where b.not_before <= protocol_now() and b.failures < ${closesAt}
    returning failures`;
}

const clearing = (at: number) => sql`
    update ${guessBudgets} set failures = 0, not_before = protocol_now() ${ofLane(at)} returning failures`;

const givingBack = (at: number) => sql`
    update ${guessBudgets}
       set failures = greatest(failures - 1, 0),
           not_before = case when failures = ${given(`failures${at}`)}::int then protocol_now() else not_before end
    ${ofLane(at)} returning failures`;

/** Lanes are locked in one order, by every statement: otherwise two could wait for each other. */
const ofLane = (at: number) => sql`
     where subject = ${given('subject')}::bytea and kind = ${given('kind')} and lane = ${given(`name${at}`)}::bytea
       and ${at === 0 ? sql`true` : sql`(select count(*) from ${lane(at - 1)}) >= 0`}`;

const lane = (at: number) => sql.identifier(`lane${at}`);

/**
 * Commits without waiting for the disk, which takes more than the rest of the statement. What a crash of PostgreSQL can
 * lose is the favour of the last 0.6 s: the guess stays charged (PostgreSQL 18, §28.4).
 */
const withoutWaiting = sql`, set_config('synchronous_commit', 'off', true)`;

function chained(lanes: number, change: (at: number) => SQL, also = sql``): SQL {
  const numbers = Array.from({ length: lanes }, (_, at) => at);
  const changes = numbers.map((at) => sql`${lane(at)} as (${change(at)})`);
  const results = numbers.map((at) => sql`(select failures from ${lane(at)}) as ${sql.identifier(`failures${at}`)}`);
  return sql`with ${sql.join(changes, sql`, `)} select ${sql.join(results, sql`, `)}${also}`;
}

const statements = (lanes: number): Statements => ({
  charge: new Prepared('charge_guess', chained(lanes, charging)),
  clear: new Prepared('clear_guesses', chained(lanes, clearing, withoutWaiting)),
  clearIn: new Prepared('clear_guesses_in', chained(lanes, clearing)),
  giveBack: new Prepared('give_back_guess', chained(lanes, givingBack, withoutWaiting)),
});

export const forgiveGuesses = new Prepared<object>(
  'forgive_guesses',
  sql`update ${guessBudgets}
         set failures = greatest(failures - ${given('guesses')}::int, 0), not_before = protocol_now() ${ofLane(0)}`,
);

const [forOne, forTwo] = [statements(1), statements(2)];
