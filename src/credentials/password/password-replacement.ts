// Replaces the verified password by a new one and ends the sessions of the old one.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../../audit/audit.js';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Caller } from '../../http/caller.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { Revocations } from '../../revocation/revocations.js';
import { SessionEnd } from '../../sessions/session-end.js';
import { type User, Users } from '../../users/users.js';

export interface Changed {
  readonly user: User;
  readonly confirmation: Confirmation;
}

@Injectable()
export class PasswordReplacement {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  /**
   * @param alongside written in the same transaction
   * @returns undefined if the hash is no longer the verified one
   */
  replace(
    userId: string,
    { from, to }: { readonly from: string; readonly to: string },
    caller: Caller,
    alongside: ((tx: Transaction, address: string) => Promise<void>) | undefined,
  ): Promise<Changed | undefined> {
    return inTransaction(this.database, async (tx) => {
      const changed = await this.users.changePassword(tx, userId, from, to);
      if (!changed) return undefined;
      const sessions = await this.sessionEnd.mark(tx, userId, sql`true`, 'password_changed', caller);
      const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
      await this.audit.record(tx, [{ type: 'password.changed', userId }], caller);
      await alongside?.(tx, changed.email);
      return { user: changed, confirmation };
    });
  }
}
