// Counts what administrators see first: people, sessions, what the last hour brought, what waits.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { alertTypes } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { alertDeliveries, auditEvents } from '../database/schema/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { refreshTokens, revocationOutbox, users } from '../database/schema/users-and-sessions.js';
import { MailQueue } from '../mail/mail-queue.js';
import { withoutStatement } from '../runtime/reason.js';
import { alongIndex } from './bounded-page.js';
import { Kept } from './kept.js';

/** These read a table of people in full. */
const PEOPLE_FOR_MS = 60_000;
const COUNT_WITHIN = '2s';
const QUERY_CANCELED = '57014';
const LATELY_FOR_MS = 5_000;
/** Of a busier hour the newest ones count. */
const MAX_EVENTS = 100_000;
/** More than so many are so many. */
const MAX_WAITING = 10_000;

interface People {
  /** Null where counting took too long. */
  readonly users: number | null;
  readonly sessions: number | null;
}

export interface LastHour {
  readonly signIns: number;
  readonly refusals: number;
  readonly alerts: number;
}

interface Lately {
  readonly lastHour: LastHour;
  readonly mailWaiting: number;
  readonly mailDead: number;
  readonly alertsWaiting: number;
  readonly revocationsWaiting: number;
}

@Injectable()
export class Figures {
  private readonly people: Kept<People>;
  private readonly lately: Kept<Lately>;

  constructor(
    private readonly database: Database,
    private readonly mailQueue: MailQueue,
    clock: Clock,
  ) {
    this.people = new Kept(clock, PEOPLE_FOR_MS, () => this.countPeople());
    this.lately = new Kept(clock, LATELY_FOR_MS, () => this.countLately());
  }

  async now(): Promise<People & Lately> {
    return { ...(await this.people.get()), ...(await this.lately.get()) };
  }

  /** A live session is one that can refresh. */
  private async countPeople(): Promise<People> {
    const live = sql`
      ${refreshTokens} s join ${users} u on u.id = s.user_id and u.session_epoch = s.session_epoch, protocol_now() as now
       where not s.revoked and s.expires_at > now and s.absolute_expires_at > now`;
    return { users: await this.countOf(sql`${users}`), sessions: await this.countOf(live) };
  }

  private async countOf(rows: SQL): Promise<number | null> {
    try {
      return await inTransaction(this.database, async (tx) => {
        await tx.execute(sql`select set_config('statement_timeout', ${COUNT_WITHIN}, true)`);
        return countIn((await tx.execute<{ count: number }>(sql`select count(*)::int as count from ${rows}`)).rows);
      });
    } catch (error) {
      const { code } = withoutStatement(error) as { code?: unknown };
      if (code === QUERY_CANCELED) return null;
      throw error;
    }
  }

  private async countLately(): Promise<Lately> {
    const { waiting, dead } = await this.mailQueue.figures();
    return {
      lastHour: await this.lastHour(),
      ...{ mailWaiting: waiting, mailDead: dead },
      alertsWaiting: await this.lengthOf(sql`${alertDeliveries}`),
      revocationsWaiting: await this.lengthOf(sql`${revocationOutbox}`),
    };
  }

  private async lengthOf(table: SQL): Promise<number> {
    const few = sql`(select from ${table} limit ${MAX_WAITING}) as few`;
    return countIn(
      (await this.database.execute<{ count: number }>(sql`select count(*)::int as count from ${few}`)).rows,
    );
  }

  private async lastHour(): Promise<LastHour> {
    const [row] = await alongIndex<LastHour>(
      this.database,
      sql`select count(*) filter (where type = 'login.succeeded')::int as "signIns",
                 count(*) filter (where outcome = 'failure')::int as refusals,
                 count(*) filter (where type = any(${sql.param(alertTypes)}::text[])
                                     or details @> '{"alert": true}')::int as alerts
            from (select type, outcome, details from ${auditEvents}
                   where at > (select protocol_now()) - interval '1 hour'
                   order by at desc, id desc limit ${MAX_EVENTS}) as lately`,
    );
    return row ?? { signIns: 0, refusals: 0, alerts: 0 };
  }
}

const countIn = (rows: readonly { count: number }[]): number => rows[0]?.count ?? 0;
