// Revokes again what a fail-over has lost: each instance repeats what it ended within the life of an
// access token, as far as the new primary does not know of it.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { Counter } from 'prom-client';
import { NOBODY } from '../audit/alerts.js';
import { Audit } from '../audit/audit.js';
import { auditEvents } from '../database/schema/audit.js';
import { users } from '../database/schema/users-and-sessions.js';
import { CommitRisk } from '../database/watch/commit-risk.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { DatabaseWatch } from '../database/watch/database-watch.js';
import { isStepBack } from '../database/watch/history.js';
import type { Caller } from '../http/caller.js';
import { missingDenials } from '../revocation/denials.js';
import type { Recent, RecentRef, RecentUser } from '../revocation/recent-endings.js';
import { Revocations } from '../revocation/revocations.js';
import { Metrics } from '../telemetry/metrics.js';
import { raiseCounters } from '../users/raised-counters.js';
import { SessionEnd } from './session-end.js';

/** Each transaction stays far below its time-out. */
const BATCH = 500;

interface Lost {
  readonly users: number;
  readonly sessions: number;
  readonly tokens: number;
}

/** What the service itself is surrounded by. */
@Injectable()
export class Surroundings {
  constructor(
    readonly watch: DatabaseWatch,
    readonly metrics: Metrics,
  ) {}
}

@Injectable()
export class Reassertion {
  private readonly lost: Counter<'kind'>;

  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    private readonly sessionEnd: SessionEnd,
    private readonly audit: Audit,
    private readonly risk: CommitRisk,
    { watch, metrics }: Surroundings,
  ) {
    const help = 'What was revoked again after a fail-over had lost it';
    const counter = metrics.counter('watchword_revocations_reasserted_total', help, 'kind');
    this.lost = metrics.fromZero(counter, 'kind', 'user', 'session', 'token');
    watch.onOtherHistory = (from, to) => this.run(from, to);
  }

  /** Repeats nothing that is known: to run it twice, or on each instance, does no harm. */
  async run(from: string, to: string): Promise<void> {
    const wasAtRisk = this.risk.isThere;
    const recent = this.revocations.recent();
    const lost = { users: 0, sessions: 0, tokens: 0 };
    for (let at = 0; at < recent.length; at += BATCH) {
      const again = await inTransaction(this.database, (tx) => this.repeat(tx, recent.slice(at, at + BATCH)));
      lost.users += again.users;
      lost.sessions += again.sessions;
      lost.tokens += again.tokens;
    }
    this.lost.inc({ kind: 'user' }, lost.users);
    this.lost.inc({ kind: 'session' }, lost.sessions);
    this.lost.inc({ kind: 'token' }, lost.tokens);
    await inTransaction(this.database, (tx) => this.report(tx, { from, to, ...lost, wasAtRisk }));
  }

  private async repeat(tx: Transaction, recent: readonly Recent[]): Promise<Lost> {
    const caller = nobody();
    const raised = await raiseCounters(tx, recent.filter(isUser));
    const refs = await missingDenials(tx, recent.filter(isRef));
    const ofKind = (kind: RecentRef['kind']) => refs.filter((each) => each.kind === kind);
    const sessions = ofKind('s').map(({ userId, ref }) => ({ userId, sessionId: ref }));
    const tokens = ofKind('j').map(({ userId, ref }) => ({ userId, tokenId: ref }));
    for (const { userId, sessionId } of sessions)
      await this.sessionEnd.mark(tx, userId, sql`id = ${sessionId}`, 'reasserted', caller);
    for (const userId of raised) await this.sessionEnd.mark(tx, userId, ofOldEpoch(userId), 'reasserted', caller);
    await this.revocations.end(tx, { users: raised, sessions, tokens });
    return { users: raised.length, sessions: sessions.length, tokens: tokens.length };
  }

  /** Of several instances the first one alerts, and each that had something to revoke again. */
  private async report(
    tx: Transaction,
    { wasAtRisk, ...found }: Lost & { from: string; to: string; wasAtRisk: boolean },
  ) {
    const { rows } = await tx.execute(sql`
      select from ${auditEvents}
       where user_id = ${NOBODY} and type = 'database.timeline_changed' and details ->> 'to' = ${found.to} limit 1`);
    const isFirst = rows.length === 0;
    const alert =
      found.users + found.sessions + found.tokens > 0 || (isFirst && (wasAtRisk || isStepBack(found.from, found.to)));
    const event = { type: 'database.timeline_changed', ...found, commitsWereAtRisk: wasAtRisk, alert } as const;
    if (alert) await this.audit.recordAlert(tx, event, null);
    else await this.audit.record(tx, [event], null);
  }
}

const nobody = (): Caller => ({ ip: null, userAgent: null, requestId: randomUUID() });
const isUser = (recent: Recent): recent is RecentUser => recent.kind === 'user';
const isRef = (recent: Recent): recent is RecentRef => recent.kind !== 'user';

const ofOldEpoch = (userId: string) => sql`
  session_epoch < (select u.session_epoch from ${users} u where u.id = ${userId})`;
