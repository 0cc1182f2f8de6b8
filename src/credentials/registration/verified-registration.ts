// Registers an address that is to be verified by mail. Whether it is free, was registered before, or belongs to an account:
// answer, statements and hash are the same, and only a mail tells.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import type { AuditEvent } from '../../audit/events.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Exchange } from '../../http/exchange.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { PendingUsers, type Registered } from '../../users/pending-users.js';
import { ChosenPassword } from '../password/chosen-password.js';

@Injectable()
export class VerifiedRegistration {
  constructor(
    private readonly database: Database,
    private readonly pendingUsers: PendingUsers,
    private readonly chosenPassword: ChosenPassword,
    private readonly audit: Audit,
    private readonly volume: VolumeLimit,
    private readonly mail: RequestedMail,
  ) {}

  /**
   * Without its mail nothing is registered: else whoever registers an address twice would open the link of the first mail
   * and get the password of the second, or of a stranger.
   * @throws Refusal `password_rejected`, `too_many_attempts`, `overloaded`
   */
  async register(email: string, password: string, exchange: Exchange): Promise<void> {
    const { caller } = exchange;
    const hash = await this.chosenPassword.hash({ password, email }, caller, async () => {
      await this.volume.take('registration', caller.ip);
      await this.mail.assertAllowed('verify', email);
    });
    await inTransaction(this.database, async (tx) => {
      const registered = await this.pendingUsers.register(tx, email, hash);
      await this.audit.record(tx, [eventOf(registered)], caller);
      await this.mail.queue(tx, registered ? 'verify' : 'already_registered', email, exchange);
    });
  }
}

function eventOf(registered: Registered | undefined): AuditEvent {
  if (!registered) return { type: 'registration.taken' };
  return { type: registered.isNew ? 'user.registered' : 'registration.repeated', userId: registered.id };
}
