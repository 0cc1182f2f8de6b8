// Removes every second factor of a user who has lost them, for an operator who knows them by other means.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { FactorRemoval } from '../factors/factor-removal.js';
import { Outbox } from '../mail/outbox.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { UserFactors } from '../users/user-factors.js';
import type { Act } from './act.js';
import { FactorsResetEffects } from './factors-reset-effects.js';

interface Reset {
  /** How many factors there were. */
  readonly factors: number;
  /** Whether a mail brings what the next enrolment needs; without a mail server it needs the password alone. */
  readonly needsToken: boolean;
  readonly confirmation: Confirmation;
}

@Injectable()
export class FactorsReset {
  constructor(
    private readonly database: Database,
    private readonly users: UserFactors,
    private readonly removal: FactorRemoval,
    private readonly effects: FactorsResetEffects,
    private readonly outbox: Outbox,
    private readonly config: Config,
  ) {}

  /**
   * Ends every session, too. The password stays: neither whoever knows it nor whoever reads the mails of the account can
   * enrol a factor alone afterwards. Again, for a link that has expired, it mails a new one.
   * @returns undefined if there is no such user
   */
  of(userId: string, act: Act): Promise<Reset | undefined> {
    return inTransaction(this.database, async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user) return undefined;
      const needsToken = this.config.sendsMail;
      const factors = await this.removal.all(tx, userId);
      await this.users.reset(tx, userId, needsToken);
      const { confirmation, at } = await this.effects.follow(tx, { userId, factors }, act);
      const language = this.config.DEFAULT_LANGUAGE;
      await this.outbox.write(tx, { kind: 'factors_reset', address: user.email, language, data: { at } });
      return { factors, needsToken, confirmation };
    });
  }
}
