// Lists the security events of one user, for that user: the newest first, a page at a time.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { AuditEvent } from '../audit/events.js';
import { auditEvents } from '../database/schema/audit.js';
import { timeOf } from '../database/schema/columns.js';
import { Database } from '../database/database.js';
import { formatCursor, type Place } from './event-cursor.js';

const listedEvent = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    type: z.string().meta({ description: 'What happened; new types may come.' }),
    outcome: z.enum(['success', 'failure']),
    sessionId: z.uuid().nullable(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

type ListedEvent = Readonly<z.output<typeof listedEvent>>;

export const eventPage = z.object({
  events: z.array(listedEvent),
  next: z.string().optional().meta({ description: 'The `after` of the next page; absent on the last one.' }),
});

export type EventPage = z.output<typeof eventPage>;

interface Row extends Record<string, unknown>, ListedEvent {
  readonly micros: string;
}

/**
 * What a person may see of the events about them. An event or a detail that is not named here stays inside: who of the
 * operators acted, how a reuse was judged, what was counted.
 */
const shown: Partial<Record<AuditEvent['type'], readonly string[]>> = {
  'user.registered': [],
  'user.disabled': [],
  'user.enabled': [],
  'user.unlocked': [],
  'factor.enrolled': ['kind'],
  'passkey.counter_back': [],
  'factor.removed': ['kind'],
  'identity.linked': ['provider'],
  'identity.removed': ['provider'],
  'factors.reset': [],
  'role.changed': ['from', 'to'],
  'login.succeeded': ['methods', 'transport', 'persistent', 'provider'],
  'login.failed': ['reason'],
  'refresh.reused': ['ended'],
  'password.changed': [],
  'password.change_failed': ['reason'],
  'email.change_requested': [],
  'email.change_failed': ['reason'],
  'email.changed': [],
  'email.corrected': [],
  'user.invited': [],
  'invite.accepted': [],
  'device.allowed': [],
  'email.verified': [],
  'password.reset': [],
  'account.frozen': [],
  'reauthentication.succeeded': ['methods'],
  'reauthentication.failed': ['reason'],
  'token.revoked': [],
  'session.ended': ['reason'],
  logout_all: ['sessions'],
};
/** Each has its sentence on the account pages. */
export const shownTypes = Object.keys(shown);

@Injectable()
export class OwnEvents {
  constructor(private readonly database: Database) {}

  async of(userId: string, after: Place | undefined, limit: number): Promise<EventPage> {
    const { rows } = await this.database.execute<Row>(this.statement(userId, after, limit));
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const events = page.map(({ id, at, type, outcome, sessionId, ip, userAgent, details }) => ({
      ...{ id, at: timeOf(at).toISOString(), type, outcome, sessionId, ip, userAgent },
      details: detailsOf(type, details),
    }));
    return { events, ...(last ? { next: formatCursor({ at: last.micros, id: last.id }) } : {}) };
  }

  /**
   * One more than the page, in the order of the primary key. The bound of `at` alone names the partitions; the pair beside
   * it is exact. The test explains it.
   */
  statement(userId: string, after: Place | undefined, limit: number): SQL {
    const end = after
      ? sql`'epoch'::timestamptz + ${after.at}::bigint * interval '1 microsecond'`
      : sql`(select protocol_now())`;
    const isBefore = after ? sql`and (at, id) < (${end}, ${after.id}::uuid)` : sql``;
    return sql`
      select id, at, type, outcome, session_id as "sessionId", host(ip) as ip, user_agent as "userAgent", details,
             (extract(epoch from at) * 1000000)::bigint::text as micros
        from ${auditEvents}
       where user_id = ${userId} and at <= ${end} ${isBefore} and type = any(${sql.param(shownTypes)}::text[])
       order by at desc, id desc limit ${limit + 1}`;
  }
}

const detailsOf = (type: string, details: Readonly<Record<string, unknown>>) => {
  const names: readonly string[] = Object.entries(shown).find(([name]) => name === type)?.[1] ?? [];
  return Object.fromEntries(names.flatMap((name) => (name in details ? [[name, details[name]]] : [])));
};
