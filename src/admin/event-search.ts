// Finds security events by user, type, address and time, the newest first.
import { Injectable } from '@nestjs/common';
import { and, type SQL, sql } from 'drizzle-orm';
import { NOBODY } from '../audit/alerts.js';
import { auditEvents } from '../database/schema/audit.js';
import { timeOf } from '../database/schema/columns.js';
import { Database } from '../database/database.js';
import type { AdminEvent } from './admin-event.js';
import { type Page, readPage, type Scan } from './bounded-page.js';

export interface EventFilters {
  readonly userId?: string | undefined;
  readonly type?: string | undefined;
  /** In its canonical spelling. */
  readonly ip?: string | undefined;
  /** The first instant that counts. */
  readonly from?: Date | undefined;
  /** The first instant that does not count any more. */
  readonly to?: Date | undefined;
}

const LEAST_ID = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class EventSearch {
  constructor(private readonly database: Database) {}

  /** @param after the `end` of the page before */
  async page(filters: EventFilters, after: string | undefined, limit: number): Promise<Page<AdminEvent>> {
    const page = await readPage<AdminEvent>(this.database, scanOfEvents(filters, after), limit);
    return { ...page, rows: page.rows.map(toEvent) };
  }
}

const columns = sql`
  id, at, type, outcome, nullif(user_id, ${NOBODY}) as "userId", session_id as "sessionId", host(e.ip) as ip,
  user_agent as "userAgent", request_id as "requestId", details`;
/** Microseconds: a Date holds milliseconds. */
const place = sql`(extract(epoch from at) * 1000000)::bigint || ' ' || id`;

/**
 * The column that the index begins with: of several filters the one that leaves the fewest events. `ip` alone would be the
 * text of the answer.
 */
function leadOf({ userId, ip, type }: EventFilters) {
  const byUser = { column: sql`user_id`, value: sql`${userId}::uuid`, is: userId !== undefined };
  const byIp = { column: sql`e.ip`, value: sql`${ip}::inet`, is: ip !== undefined };
  const byType = { column: sql`type`, value: sql`${type}::text`, is: type !== undefined };
  const [lead, ...others] = [byUser, byIp, byType].filter(({ is }) => is);
  return { lead, fits: and(...others.map(({ column, value }) => sql`${column} = ${value}`)) };
}

interface Place {
  readonly at: SQL;
  readonly id: string;
}

/**
 * The tuples leave the planner one index only, and are exact. The bounds of `at` alone beside them name the partitions that
 * are read.
 */
export function scanOfEvents(filters: EventFilters, after: string | undefined): Scan {
  const { lead, fits } = leadOf(filters);
  const [columnsOfIndex, values] = lead ? [[lead.column], [lead.value]] : [[], []];
  const key = tuple(...columnsOfIndex, sql`at`, sql`id`);
  const valueOf = ({ at, id }: Place) => tuple(...values, at, sql`${id}::uuid`);
  const [start, end] = [startOf(filters), endOf(filters, after)];
  const range = and(
    sql`${key} < ${valueOf(end)} and at <= ${end.at}`,
    sql`${key} >= ${valueOf(start)} and at >= ${start.at}`,
  );
  const order = sql.join(
    [...columnsOfIndex, sql`at`, sql`id`].map((column) => sql`${column} desc`),
    sql`, `,
  );
  return { columns, place, from: sql`${auditEvents} e where ${range}`, order, fits };
}

const tuple = (...parts: SQL[]) => sql`(${sql.join(parts, sql`, `)})`;
const instant = (time: string) => sql`${time}::timestamptz`;

const startOf = ({ from }: EventFilters): Place => ({
  at: instant(from?.toISOString() ?? '-infinity'),
  id: LEAST_ID,
});

/** The page ends before it. */
function endOf({ to }: EventFilters, after: string | undefined): Place {
  if (after === undefined) return { at: instant(to?.toISOString() ?? 'infinity'), id: LEAST_ID };
  const [micros = '', id = ''] = after.split(' ');
  return { at: sql`('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond')`, id };
}

const toEvent = ({
  id,
  at,
  type,
  outcome,
  userId,
  sessionId,
  ip,
  userAgent,
  requestId,
  details,
}: AdminEvent): AdminEvent => ({
  ...{ id, at: timeOf(at).toISOString(), type, outcome, userId, sessionId, ip, userAgent, requestId, details },
});
