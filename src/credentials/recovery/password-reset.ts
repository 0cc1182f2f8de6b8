// Sets a new password for whoever follows the link of a reset mail, or the first one by that of an invitation. Nobody is signed in by it.
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Exchange } from '../../http/exchange.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { MailedLinks } from '../../tokens/mailed-links.js';
import { parseOneTimeToken } from '../../tokens/one-time-token.js';
import { OneTimeTokens } from '../../tokens/one-time-tokens.js';
import { Users } from '../../users/users.js';
import { ChosenPassword } from '../password/chosen-password.js';
import { ResetEffects } from './reset-effects.js';

@Injectable()
export class PasswordReset {
  constructor(
    private readonly database: Database,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly users: Users,
    private readonly chosenPassword: ChosenPassword,
    private readonly effects: ResetEffects,
  ) {}

  /**
   * A dead link costs no hash, and a password that is refused does not use the link up.
   * @throws Refusal `token_invalid`, `password_rejected`, `too_many_attempts`, `overloaded`
   */
  reset(token: string, wanted: string, exchange: Exchange): Promise<Confirmation> {
    const purpose = parseOneTimeToken(token)?.purpose === 'invite' ? 'invite' : 'reset';
    return this.links.follow(token, purpose, exchange.caller, async ({ userId, address }) => {
      const chosen = { password: wanted, email: address, userId, path: 'newPassword' };
      const hash = await this.chosenPassword.hash(chosen, exchange.caller);
      return this.set(token, purpose, hash, exchange);
    });
  }

  /** @returns undefined if the link was used, or the user changed, since it was looked at */
  private set(
    token: string,
    purpose: 'reset' | 'invite',
    hash: string,
    exchange: Exchange,
  ): Promise<Confirmation | undefined> {
    return inTransaction(this.database, async (tx) => {
      const spent = await this.tokens.spend(tx, token, purpose);
      const user = spent && (await this.users.resetPassword(tx, spent, hash));
      return user && this.effects.follow(tx, user, purpose, exchange);
    });
  }
}
