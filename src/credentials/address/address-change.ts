// Takes the wish of a signed-in user for another address. Nothing changes until the new one is confirmed, and whether it is
// free is decided where nobody can see it: by the delivery of its mail.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Exchange } from '../../http/exchange.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { type Bearer, CurrentPassword } from '../password/current-password.js';

interface Wish {
  readonly newEmail: string;
  readonly currentPassword: string;
  readonly deviceToken?: string | undefined;
}

@Injectable()
export class AddressChange {
  constructor(
    private readonly database: Database,
    private readonly currentPassword: CurrentPassword,
    private readonly mail: RequestedMail,
    private readonly volume: VolumeLimit,
    private readonly audit: Audit,
  ) {}

  /**
   * The same statements and mails for a free address, a taken one and the user's own. The link to the new address counts at
   * the session epoch of the proof: after a change of the password or a logout of all devices it is void, whenever it leaves.
   * @throws Refusal `invalid_credentials`, `too_many_attempts`, `overloaded`, `token_stale`, `token_revoked`
   */
  async ask(me: Bearer, { newEmail, currentPassword: password, deviceToken }: Wish, exchange: Exchange): Promise<void> {
    const user = await this.currentPassword.prove('email_change', me, { password, deviceToken }, exchange);
    const { id: userId, email, sessionEpoch } = user;
    await this.volume.take('mail', exchange.caller.ip);
    await this.mail.assertAllowed('email', newEmail);
    await inTransaction(this.database, async (tx) => {
      await this.audit.record(tx, [{ type: 'email.change_requested', userId }], exchange.caller);
      await this.mail.queue(tx, 'email', newEmail, exchange, {
        data: { userId, sessionEpoch: String(sessionEpoch) },
      });
      await this.mail.queue(tx, 'email_changing', email, exchange, { data: { userId } });
    });
  }
}
