// Has the link of a forgotten password mailed to a user, for an administrator, who never learns it.
import { Injectable } from '@nestjs/common';
import { type Act, noteOf } from '../accounts/act.js';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { RequestedMail } from '../mail/requested-mail.js';
import type { User } from '../users/users.js';
import { UserNotices } from './user-notices.js';

@Injectable()
export class ResetMail {
  constructor(
    private readonly database: Database,
    private readonly requestedMail: RequestedMail,
    private readonly audit: Audit,
    private readonly notices: UserNotices,
  ) {}

  /** @throws Refusal `too_many_attempts` if the address has been sent as many as it may */
  async to({ id: userId, email }: Pick<User, 'id' | 'email'>, act: Act): Promise<void> {
    await this.requestedMail.assertAllowed('reset', email);
    await inTransaction(this.database, async (tx) => {
      await this.audit.record(tx, [{ type: 'user.reset_mailed', userId, ...noteOf(act) }], act.caller);
      await this.notices.write(tx, 'reset', email);
    });
  }
}
