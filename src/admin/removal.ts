// Deletes the account of somebody else, for an administrator: every row that refers to it goes, and its events stay.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { type Act, noteOf } from '../accounts/act.js';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Refusal } from '../errors.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd } from '../sessions/session-end.js';
import { UserStatus } from '../users/user-status.js';
import { UserNotices } from './user-notices.js';

@Injectable()
export class Removal {
  constructor(
    private readonly database: Database,
    private readonly userStatus: UserStatus,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly notices: UserNotices,
  ) {}

  /** @throws Refusal `last_admin`, `not_found` for a user who is gone */
  of(userId: string, act: Act): Promise<Confirmation> {
    return inTransaction(this.database, async (tx) => {
      const begun = await this.userStatus.beginRemoval(tx, userId);
      // Nothing was written.
      if (begun !== 'changed') throw new Refusal(begun === 'last_admin' ? 'last_admin' : 'not_found');
      const { length } = await this.sessionEnd.mark(tx, userId, sql`true`, 'account_deleted', act.caller, act.by);
      const confirmation = await this.revocations.end(tx, { removed: [userId] });
      const address = await this.userStatus.remove(tx, userId);
      await this.audit.record(tx, [{ type: 'user.deleted', userId, sessions: length, ...noteOf(act) }], act.caller);
      if (address !== undefined) await this.notices.write(tx, 'account_deleted', address);
      return confirmation;
    });
  }
}
