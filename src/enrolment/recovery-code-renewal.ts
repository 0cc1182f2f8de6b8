// Makes new recovery codes for a signed-in user: the old ones, other sessions and tickets end.
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Refusal } from '../errors.js';
import { FactorRemoval } from '../factors/factor-removal.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import type { Exchange } from '../http/exchange.js';
import type { Principal } from '../http/principal.js';
import { UserFactors } from '../users/user-factors.js';
import { FactorEffects } from './factor-effects.js';

@Injectable()
export class RecoveryCodeRenewal {
  constructor(
    private readonly database: Database,
    private readonly users: UserFactors,
    private readonly factors: FactorRemoval,
    private readonly codes: RecoveryCodes,
    private readonly effects: FactorEffects,
  ) {}

  /**
   * What Redis has not confirmed is no reason to keep the codes back: nobody could read them again.
   * @throws Refusal `not_found` for an account without a factor, beside which alone there are codes; `token_revoked`
   */
  async run({ userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>, exchange: Exchange): Promise<string[]> {
    return inTransaction(this.database, async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user) throw new Refusal('token_revoked');
      if ((await this.factors.count(tx, userId)) === 0)
        throw new Refusal('not_found', { detail: 'The account has no second factor.' });
      const codes = await this.codes.renew(tx, userId);
      const change = { type: 'factor.enrolled', kind: 'recovery_codes', userId, email: user.email } as const;
      await this.effects.follow(tx, { ...change, keeps: sessionId }, exchange);
      return codes;
    });
  }
}
