// Refuses a second factor: one event, one answer, whatever the kind.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { AuditEvent } from '../audit/events.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import type { FactorKind } from '../users/held-factors.js';
import type { Ticket } from './factor-tickets.js';
import type { PasskeyFault } from './passkeys/passkey-check.js';

interface Failure {
  readonly kind: FactorKind;
  /** For the event only. */
  readonly reason: 'wrong_code' | 'used' | 'none' | PasskeyFault;
}

interface Consequences {
  readonly events?: readonly AuditEvent[];
  readonly mail?: ((tx: Transaction) => Promise<void>) | undefined;
}

@Injectable()
export class FactorFailures {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_credentials` */
  async refuse(
    { user, purpose }: Pick<Ticket, 'user' | 'purpose'>,
    failure: Failure,
    { caller }: Exchange,
    { events = [], mail }: Consequences = {},
  ): Promise<never> {
    const failed = { type: 'factor.failed', userId: user.id, ...failure } as const;
    await inTransaction(this.database, async (tx) => {
      await this.audit.record(tx, [failed, ...events], caller);
      await mail?.(tx);
    });
    const keeps = purpose === 'reauthenticate' ? ({ session: 'keep' } as const) : {};
    throw new Refusal('invalid_credentials', { detail: 'The second factor is wrong, or was used before.', ...keeps });
  }
}
