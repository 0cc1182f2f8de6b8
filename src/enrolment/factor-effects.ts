// What follows when a way to sign in was added or removed: other sessions, tickets and known devices end, and the owner is
// told.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { FactorTickets } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';
import { RequestedMail } from '../mail/requested-mail.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { Revocations } from '../revocation/revocations.js';
import { OtherSessions } from '../sessions/other-sessions.js';
import { UserFactors } from '../users/user-factors.js';

interface FactorChange {
  readonly type: 'factor.enrolled' | 'factor.removed';
  readonly kind: 'totp' | 'passkey' | 'recovery_codes';
}

interface IdentityChange {
  readonly type: 'identity.linked' | 'identity.removed';
  readonly provider: string;
  /** As people know the provider. */
  readonly label: string;
}

interface Owner {
  readonly userId: string;
  readonly email: string;
  /** The session that goes on. */
  readonly keeps: string | undefined;
}

@Injectable()
export class FactorEffects {
  constructor(
    private readonly users: UserFactors,
    private readonly tickets: FactorTickets,
    private readonly sessions: OtherSessions,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly mail: RequestedMail,
  ) {}

  /**
   * In the transaction of the change, which has locked the user.
   * @throws Refusal `token_revoked` if the session that was to go on has ended meanwhile: all is rolled back
   */
  async follow(
    tx: Transaction,
    change: (FactorChange | IdentityChange) & Owner,
    exchange: Exchange,
  ): Promise<Confirmation> {
    const { caller } = exchange;
    const { userId, email, keeps } = change;
    const { event, reason, notice, data } = tellingOf(change);
    await this.users.changed(tx, userId);
    const sessions = await this.sessions.end(tx, { userId, keeps, reason }, caller);
    if (!sessions) throw new Refusal('token_revoked');
    await this.tickets.kill(tx, userId);
    const confirmation = await this.revocations.end(tx, { sessions });
    await this.audit.record(tx, [event], caller);
    await this.mail.queue(tx, notice, email, exchange, { data });
    return confirmation;
  }
}

/** How the sessions, the audit trail and the owner learn of it. */
function tellingOf(change: (FactorChange | IdentityChange) & Owner) {
  const { userId } = change;
  if ('kind' in change) {
    const { type, kind } = change;
    const notice = type === 'factor.enrolled' ? 'factor_added' : 'factor_removed';
    return { event: { type, userId, kind }, reason: 'factor_changed', notice, data: { factor: kind } } as const;
  }
  const { type, provider, label } = change;
  const notice = type === 'identity.linked' ? 'identity_linked' : 'identity_removed';
  return { event: { type, userId, provider }, reason: 'identity_changed', notice, data: { provider: label } } as const;
}
