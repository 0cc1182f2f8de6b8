// The tables of what happened: security events, and alerts on their way.
import { index, inet, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, setAt } from './columns.js';

/**
 * What happened, by whom, when, from where, and with what outcome. One partition a month; the service's role may
 * add rows and read them, and no more (database/grants.ts). An event without a user stands under the nil UUID.
 */
export const auditEvents = pgTable(
  'audit_events',
  {
    userId: uuid('user_id').notNull(),
    at: setAt('at'),
    id: uuid('id').notNull(),
    type: text('type').notNull(),
    outcome: text('outcome', { enum: ['success', 'failure'] }).notNull(),
    sessionId: uuid('session_id'),
    ip: inet('ip'),
    userAgent: text('user_agent'),
    requestId: uuid('request_id'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.at, table.id] }),
    index('audit_events_at').on(table.at, table.id),
    index('audit_events_type').on(table.type, table.at, table.id),
    index('audit_events_ip').on(table.ip, table.at, table.id),
  ],
);

/** Alerts on their way to ALERT_WEBHOOK_URL; a row goes when it has arrived, or after a week. */
export const alertDeliveries = pgTable(
  'alert_deliveries',
  {
    userId: uuid('user_id').notNull(),
    id: uuid('id').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    createdAt: createdAt(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: setAt('next_attempt_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    index('alert_deliveries_next_attempt_at').on(table.nextAttemptAt),
  ],
);
