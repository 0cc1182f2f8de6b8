// Gives a user another address, for an operator who knows them by other means: after a freeze, or without access to a mailbox.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd } from '../sessions/session-end.js';
import { UserAddress } from '../users/user-address.js';
import { type Act, noteOf } from './act.js';
import type { StatusChange } from './account-status.js';

@Injectable()
export class AddressCorrection {
  constructor(
    private readonly database: Database,
    private readonly userAddress: UserAddress,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  /**
   * Ends every session, every link but a freeze, and the password. A disabled user stays disabled, and nothing is mailed.
   * @param alongside written in the same transaction if the address changes
   * @returns `hasChanged` false if the address is theirs already, or another account's
   */
  correct(
    userId: string,
    address: string,
    act: Act,
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<StatusChange> {
    return inTransaction(this.database, async (tx) => {
      const hasChanged = await this.userAddress.set(tx, userId, address);
      const sessions = hasChanged ? await this.sessionEnd.mark(tx, userId, sql`true`, 'operator', act.caller) : [];
      const ended = hasChanged ? { users: [userId], sessions } : { told: [userId] };
      const confirmation = await this.revocations.end(tx, ended);
      if (hasChanged) await this.audit.record(tx, [{ type: 'email.corrected', userId, ...noteOf(act) }], act.caller);
      if (hasChanged) await alongside?.(tx);
      return { hasChanged, confirmation };
    });
  }
}
