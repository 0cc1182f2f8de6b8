// Finds and ends the sessions that began without a second factor, of roles that need one: those from before it was needed.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Role } from '../database/schema/vocabularies.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { SessionEnd, type SessionsEnded } from './session-end.js';

/** Per transaction, so that each stays far below its time-out. */
const BATCH = 200;

export interface Figures {
  readonly users: number;
  readonly sessions: number;
}

@Injectable()
export class FactorlessSessions {
  constructor(
    private readonly database: Database,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly config: Config,
  ) {}

  async count(): Promise<Figures> {
    const { rows } = await this.database.execute<Figures & Record<string, unknown>>(sql`
      select count(distinct u.id)::int as users, count(*)::int as sessions from ${this.found()}`);
    return rows[0] ?? { users: 0, sessions: 0 };
  }

  /** One transaction for each batch of users; if it was stopped half way, run it again. */
  async end(by: string, caller: Caller): Promise<SessionsEnded & Figures> {
    const done = { users: 0, sessions: 0 };
    const confirmation = { isConfirmed: true };
    let batch: string[] = [];
    do {
      batch = await this.nextUsers();
      for (const userId of batch) {
        const ended = await inTransaction(this.database, (tx) => this.endOf(tx, userId, caller));
        done.sessions += ended.sessions;
        confirmation.isConfirmed &&= ended.isConfirmed;
      }
      done.users += batch.length;
    } while (batch.length === BATCH);
    await this.audit.recordAlone({ type: 'sessions.without_factor_ended', ...done, by }, caller);
    return { ...done, confirmation };
  }

  /**
   * Part of a change of the role, before `revocations.end`.
   * @returns the sessions that it ended: the new role needs a second factor, and they began without one
   */
  async markFor(tx: Transaction, userId: string, role: Role, caller: Caller): Promise<readonly SessionRef[]> {
    if (!this.config.MFA_REQUIRED_ROLES.includes(role)) return [];
    return this.sessionEnd.mark(tx, userId, isFactorless, 'role_changed', caller);
  }

  private async endOf(tx: Transaction, userId: string, caller: Caller) {
    const sessions = await this.sessionEnd.mark(tx, userId, isFactorless, 'operator', caller);
    const { isConfirmed } = await this.revocations.end(tx, { sessions });
    return { sessions: sessions.length, isConfirmed };
  }

  private async nextUsers(): Promise<string[]> {
    const { rows } = await this.database.execute<{ id: string }>(sql`
      select distinct u.id from ${this.found()} order by u.id limit ${BATCH}`);
    return rows.map(({ id }) => id);
  }

  private found(): SQL {
    return sql`${refreshTokens} s, ${users} u
      where u.id = s.user_id and not s.revoked and ${isFactorless}
        and u.role = any(${sql.param([...this.config.MFA_REQUIRED_ROLES])}::text[])`;
  }
}

/** The column `methods`, which is `amr` (RFC 8176). */
const isFactorless = sql`not 'mfa' = any(methods)`;
