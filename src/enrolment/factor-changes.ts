// Removes and renames the factors of a signed-in user.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Refusal } from '../errors.js';
import { FactorRemoval } from '../factors/factor-removal.js';
import type { Exchange } from '../http/exchange.js';
import type { Principal } from '../http/principal.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { UserFactors } from '../users/user-factors.js';
import { FactorEffects } from './factor-effects.js';

type Me = Pick<Principal, 'userId' | 'sessionId'>;

@Injectable()
export class FactorChanges {
  constructor(
    private readonly database: Database,
    private readonly users: UserFactors,
    private readonly removal: FactorRemoval,
    private readonly effects: FactorEffects,
    private readonly config: Config,
  ) {}

  /**
   * With the last factor the recovery codes go, too.
   * @throws Refusal `not_found`, `last_factor`, `token_revoked`
   */
  async remove({ userId, sessionId }: Me, id: string, exchange: Exchange): Promise<Confirmation> {
    assertUuid(id);
    return inTransaction(this.database, async (tx) => {
      // Of two requests that remove the last two factors, the second one counts what the first has left.
      const user = await this.users.lock(tx, userId);
      if (!user) throw new Refusal('token_revoked');
      const removed = await this.removal.one(tx, userId, id);
      if (!removed) throw new Refusal('not_found');
      if (!removed.isConfirmed) return { isConfirmed: true };
      await this.assertOneLeft(tx, userId, this.config.MFA_REQUIRED_ROLES.includes(user.role));
      const change = { type: 'factor.removed', kind: removed.kind, userId, email: user.email } as const;
      return this.effects.follow(tx, { ...change, keeps: sessionId }, exchange);
    });
  }

  /** @throws Refusal `not_found` */
  async rename({ userId }: Me, id: string, name: string): Promise<void> {
    assertUuid(id);
    if (!(await this.removal.rename(this.database, userId, id, name))) throw new Refusal('not_found');
  }

  /** Nothing but the removal was written before: it is rolled back. */
  private async assertOneLeft(tx: Transaction, userId: string, isRequired: boolean): Promise<void> {
    if ((await this.removal.count(tx, userId)) > 0) return;
    if (isRequired) throw new Refusal('last_factor');
    await this.removal.recoveryCodes(tx, userId);
  }
}

/** Another user's id and a malformed one get the same answer. */
function assertUuid(id: string): void {
  if (!z.uuid().safeParse(id).success) throw new Refusal('not_found');
}
