// What may somebody else do to a user? Give another role, lock out, let in again.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, inTransaction } from '../database/database.js';
import type { Role } from '../database/vocabularies.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { Users } from '../users/users.js';
import { SessionEnd } from '../sessions/session-end.js';

@Injectable()
export class AccountStatus {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  /**
   * Access tokens with the old role die at once; the sessions live on and get the new one when they refresh.
   * @param by who does it: a user's id, or `operator`
   * @returns false when there is nothing to change
   */
  changeRole(userId: string, to: Role, by: string, caller: Caller): Promise<boolean> {
    return inTransaction(this.database, async (tx) => {
      const from = await this.users.changeRole(tx, userId, to);
      // Repeated though it is done already: a retry must not answer before Redis has heard of what it repeats.
      await this.revocations.forget(tx, [userId]);
      if (!from) return false;
      await this.audit.record(tx, [{ type: 'role.changed', userId, from, to, by }], caller);
      return true;
    });
  }

  /** Every session and access token dies, and no new one begins. @returns false when there is nothing to change */
  disable(userId: string, by: string, caller: Caller): Promise<boolean> {
    return inTransaction(this.database, async (tx) => {
      await this.revocations.forget(tx, [userId]);
      if (!(await this.users.disable(tx, userId))) return false;
      await this.sessionEnd.where(tx, userId, sql`true`, 'disabled', caller);
      await this.audit.record(tx, [{ type: 'user.disabled', userId, by }], caller);
      return true;
    });
  }

  /** The user may sign in again; what was ended stays ended. @returns false when there is nothing to change */
  enable(userId: string, by: string, caller: Caller): Promise<boolean> {
    return inTransaction(this.database, async (tx) => {
      if (!(await this.users.enable(tx, userId))) return false;
      await this.audit.record(tx, [{ type: 'user.enabled', userId, by }], caller);
      return true;
    });
  }
}
