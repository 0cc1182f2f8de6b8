// Changes a user's role, disables a user and enables them again, for operators and administrators.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, inTransaction, type Transaction } from '../database/database.js';
import type { Role } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { Revocations } from '../revocation/revocations.js';
import { FactorlessSessions } from '../sessions/factorless-sessions.js';
import { SessionEnd } from '../sessions/session-end.js';
import { voidFreezes } from '../tokens/one-time-tokens.js';
import { UserStatus } from '../users/user-status.js';

export interface StatusChange {
  /** False if the user already had that status, or does not exist. */
  readonly hasChanged: boolean;
  readonly confirmation: Confirmation;
}

/** Each act passes the user to `revocations.end` even if nothing changes, so that a retry waits for Redis, too. */
@Injectable()
export class AccountStatus {
  constructor(
    private readonly database: Database,
    private readonly userStatus: UserStatus,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly factorless: FactorlessSessions,
  ) {}

  /**
   * Access tokens with the old role are refused at once; the sessions receive the new role when they refresh. Where the new
   * role needs a second factor, sessions that began without one end: they would have the role without it.
   * @param by who does it: a user's id, or `operator`
   * @param alongside written in the same transaction if the role changes
   * @throws Refusal `last_admin`
   */
  async changeRole(
    userId: string,
    to: Role,
    by: string,
    caller: Caller,
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<StatusChange> {
    const change = await inTransaction(this.database, async (tx) => {
      const outcome = await this.userStatus.changeRole(tx, userId, to);
      if (outcome === 'last_admin') return undefined;
      const hasChanged = outcome !== 'unchanged';
      const sessions = hasChanged ? await this.factorless.markFor(tx, userId, to, caller) : [];
      const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
      if (hasChanged) await this.audit.record(tx, [{ type: 'role.changed', userId, ...outcome, to, by }], caller);
      if (hasChanged) await alongside?.(tx);
      return { hasChanged, confirmation };
    });
    return change ?? refuseLastAdmin();
  }

  /**
   * Ends every session and access token; no new session can start.
   * @throws Refusal `last_admin`
   */
  async disable(userId: string, by: string, caller: Caller): Promise<StatusChange> {
    const change = await inTransaction(this.database, async (tx) => {
      const outcome = await this.userStatus.disable(tx, userId);
      if (outcome === 'last_admin') return undefined;
      const hasChanged = outcome === 'changed';
      const sessions = hasChanged ? await this.sessionEnd.mark(tx, userId, sql`true`, 'disabled', caller) : [];
      const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
      if (hasChanged) await this.audit.record(tx, [{ type: 'user.disabled', userId, by }], caller);
      return { hasChanged, confirmation };
    });
    return change ?? refuseLastAdmin();
  }

  /**
   * The user may sign in again. Ended sessions stay ended, and no earlier mail locks the account again.
   * @returns false if there is nothing to change
   */
  enable(userId: string, by: string, caller: Caller): Promise<boolean> {
    return inTransaction(this.database, async (tx) => {
      if (!(await this.userStatus.enable(tx, userId))) return false;
      await voidFreezes(tx, userId);
      await this.audit.record(tx, [{ type: 'user.enabled', userId, by }], caller);
      return true;
    });
  }
}

function refuseLastAdmin(): never {
  throw new Refusal('last_admin');
}
