// Applies the effects of a change of address in its transaction. Links to the old address are void: each names the
// address that it is for. Sessions go on, and their next refresh returns the new address.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import type { Transaction } from '../../database/database.js';
import type { Exchange } from '../../http/exchange.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { Revocations } from '../../revocation/revocations.js';
import type { Spent } from '../../tokens/one-time-tokens.js';

@Injectable()
export class AddressEffects {
  constructor(
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly mail: RequestedMail,
  ) {}

  async follow(tx: Transaction, { userId, boundEmail }: Spent, exchange: Exchange): Promise<Confirmation> {
    const confirmation = await this.revocations.end(tx, { users: [userId] });
    await this.audit.record(tx, [{ type: 'email.changed', userId }], exchange.caller);
    if (boundEmail !== null) await this.mail.queue(tx, 'email_changed', boundEmail, exchange);
    return confirmation;
  }
}
