// Applies the effects of a reset in its transaction: ends every session, opens the account to its owner, and tells the
// owner.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../../audit/audit.js';
import type { Transaction } from '../../database/database.js';
import type { Exchange } from '../../http/exchange.js';
import { Guesses } from '../../limits/guesses.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { Revocations } from '../../revocation/revocations.js';
import { SessionEnd } from '../../sessions/session-end.js';
import type { User } from '../../users/users.js';

@Injectable()
export class ResetEffects {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly guesses: Guesses,
    private readonly mail: RequestedMail,
  ) {}

  async follow(
    tx: Transaction,
    { id: userId, email }: User,
    purpose: 'reset' | 'invite',
    exchange: Exchange,
  ): Promise<Confirmation> {
    const { caller } = exchange;
    const sessions = await this.sessionEnd.mark(tx, userId, sql`true`, 'password_reset', caller);
    const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
    await this.audit.record(
      tx,
      [{ type: purpose === 'invite' ? 'invite.accepted' : 'password.reset', userId }],
      caller,
    );
    await this.guesses.reopen(tx, 'password', userId);
    if (purpose === 'reset') await this.mail.queue(tx, 'password_changed', email, exchange);
    return confirmation;
  }
}
