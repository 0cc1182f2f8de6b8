// Records what happens: what matters as a row and a log line, what is frequent as a log line; a
// reuse or a spray is also an alert that pages the operator.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Log } from '../telemetry/log.js';
import { Database, type Transaction } from '../database/database.js';
import { auditEvents } from '../database/schema/audit.js';
import { given, Prepared } from '../database/prepared.js';
import type { Caller } from '../http/caller.js';
import { Alerts, NOBODY } from './alerts.js';
import { type AlertEvent, type AuditEvent, type FrequentEvent, outcomeOf } from './events.js';
import { EventMetrics } from './event-metrics.js';

@Injectable()
export class Audit {
  constructor(
    private readonly database: Database,
    private readonly alerts: Alerts,
    private readonly log: Log,
    private readonly metrics: EventMetrics,
  ) {}

  /**
   * A row in the transaction of what it describes; the log line follows the commit.
   * @param caller the request that caused it; null where the service itself did
   */
  async record(tx: Transaction, events: readonly AuditEvent[], caller: Caller | null): Promise<void> {
    if (events.length === 0) return;
    const [only, ...others] = events;
    if (only && others.length === 0) await recorded.runIn(tx, valuesOf(only, caller));
    else await tx.execute(sql`insert into ${auditEvents} ${columns} values ${rowsOf(events, caller)}`);
    tx.afterCommit(() => {
      for (const event of events) this.note(event, caller);
    });
  }

  /** The row and the alert in the transaction of what they describe. */
  async recordAlert(tx: Transaction, event: AlertEvent, caller: Caller | null): Promise<void> {
    await tx.execute(sql`with one as (select 1), ${this.expressionsFor(sql`one`, event, caller)} select from one`);
    tx.afterCommit(() => this.note(event, caller));
  }

  /** As `record`, where the statement's source has a row. `note` the event when it was written. */
  async recordFrom(
    tx: Transaction,
    statement: Prepared<object>,
    values: Readonly<Record<string, unknown>>,
    event: AuditEvent,
    caller: Caller | null,
  ): Promise<void> {
    await statement.runIn(tx, { ...values, ...valuesOf(event, caller) });
  }

  /** For an event that nothing else is written with. */
  async recordAlone(event: AuditEvent, caller: Caller | null): Promise<void> {
    await recorded.run(this.database, valuesOf(event, caller));
    this.note(event, caller);
  }

  /**
   * The row as a common table expression of a larger statement, written once for each row of
   * `source`. `note` the event when it was.
   * @param source the name of another expression of that statement
   */
  expressionFor(source: SQL, event: AuditEvent, caller: Caller | null): SQL {
    return written(source, rowOf(event, caller));
  }

  /** The row and the alert. */
  expressionsFor(source: SQL, event: AlertEvent, caller: Caller | null): SQL {
    return sql`${this.expressionFor(source, event, caller)}, alerted as (${this.alerts.insertFrom(source, event, caller)})`;
  }

  /** The log line and the count only. */
  note(event: AuditEvent | FrequentEvent, caller: Caller | null): void {
    const { type, ...details } = event;
    const entry = { event: type, outcome: outcomeOf[type], ...details, ...caller };
    if (isAlert(event)) {
      this.log.error({ ...entry, alert: true });
      this.alerts.onNew();
    } else if (entry.outcome === 'failure') this.log.warn(entry);
    else this.log.info(entry);
    this.metrics.count(event);
  }
}

/** These page the operator; a mail that died or another primary does if its event says so. */
export const alertTypes = ['refresh.reused', 'guessing.spray', 'account.frozen', 'passkey.counter_back'];

const isAlert = (event: AuditEvent | FrequentEvent): boolean =>
  alertTypes.includes(event.type) || ('alert' in event && event.alert);

const columns = sql.raw('(user_id, id, type, outcome, session_id, ip, user_agent, request_id, details)');

function valuesOf(event: AuditEvent, caller: Caller | null) {
  const { type, ...rest } = event;
  const { userId = null, sessionId = null, ...details } = rest as { userId?: string | null; sessionId?: string };
  return {
    eventUserId: userId ?? NOBODY,
    eventId: uuidv7(),
    eventType: type,
    eventOutcome: outcomeOf[type],
    eventSessionId: sessionId,
    eventIp: caller?.ip ?? null,
    eventUserAgent: caller?.userAgent ?? null,
    eventRequestId: caller?.requestId ?? null,
    eventDetails: details,
  };
}

/** @param value the value of a name of `valuesOf`, or its place in a prepared statement */
const row = (value: (name: keyof ReturnType<typeof valuesOf>) => unknown): SQL => sql`
  (${value('eventUserId')}::uuid, ${value('eventId')}::uuid, ${value('eventType')}::text, ${value('eventOutcome')}::text,
    ${value('eventSessionId')}::uuid, ${value('eventIp')}::inet, ${value('eventUserAgent')}::text,
    ${value('eventRequestId')}::uuid, ${value('eventDetails')}::jsonb)`;

function rowOf(event: AuditEvent, caller: Caller | null): SQL {
  const values = valuesOf(event, caller);
  return row((name) => values[name]);
}

const rowsOf = (events: readonly AuditEvent[], caller: Caller | null) =>
  sql.join(
    events.map((event) => rowOf(event, caller)),
    sql`, `,
  );

const recorded = new Prepared<object>(
  'record_event',
  sql`insert into ${auditEvents} ${columns} values ${row(given)}`,
  true,
);

/**
 * The statement of `recordFrom`.
 * @param source a table expression with one row, or with none where nothing is to be written
 */
export const eventFrom = (name: string, source: SQL) =>
  new Prepared<object>(
    name,
    sql`insert into ${auditEvents} ${columns} select event.* from ${source}, (values ${row(given)}) as event`,
    true,
  );

const written = (source: SQL, event: SQL) => sql`written as (
        insert into ${auditEvents} ${columns} select event.* from ${source}, (values ${event}) as event
      )`;
