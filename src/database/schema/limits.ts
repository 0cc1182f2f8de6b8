// The tables of limits: who may try how often. Their keys are HMACs (limits/limit-keys.ts): they name nobody.
import { bigint, date, index, integer, pgTable, primaryKey, text, varchar } from 'drizzle-orm/pg-core';
import { at, bytea } from './columns.js';

/** Wrong guesses in a row. `purge_after` changes once a day at most, so that a charge is a HOT update. */
export const guessBudgets = pgTable(
  'guess_budgets',
  {
    /** Of a user id, or of an address that nobody has. */
    subject: bytea('subject').notNull(),
    /** What is guessed. */
    kind: text('kind', { enum: ['password', 'otp'] }).notNull(),
    /** limits/guess-lanes.ts */
    lane: bytea('lane').notNull(),
    failures: integer('failures').notNull(),
    notBefore: at('not_before').notNull(),
    purgeAfter: date('purge_after').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subject, table.kind, table.lane] }),
    index('guess_budgets_purge_after').on(table.purgeAfter),
  ],
);

/** Volume limits, as rate-limiter-flexible writes them: by position. */
export const rateLimits = pgTable(
  'rate_limits',
  {
    key: varchar('key', { length: 255 }).primaryKey(),
    points: integer('points').notNull().default(0),
    /** Milliseconds since 1970, by the clock of the process. */
    expire: bigint('expire', { mode: 'number' }),
  },
  (table) => [index('rate_limits_expire').on(table.expire)],
);

/** Wrong guesses by hour, for a comparison with yesterday. */
export const guessFailures = pgTable('guess_failures', {
  hour: at('hour').primaryKey(),
  failures: integer('failures').notNull(),
});

/** Until when unknown devices have one free guess. One row. */
export const sprayAlarms = pgTable('spray_alarms', {
  scope: text('scope', { enum: ['everywhere'] }).primaryKey(),
  until: at('until').notNull(),
});
