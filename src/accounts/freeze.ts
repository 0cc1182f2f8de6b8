// Locks an account for whoever follows the link that its old address received at a change of address. The link proves that
// somebody read that mail, and no more: so nothing is restored, and an operator decides who the owner is.
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import type { Caller } from '../http/caller.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { MailedLinks } from '../tokens/mailed-links.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.js';
import { UserStatus } from '../users/user-status.js';
import { FreezeEffects } from './freeze-effects.js';

@Injectable()
export class Freeze {
  constructor(
    private readonly database: Database,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly userStatus: UserStatus,
    private readonly effects: FreezeEffects,
  ) {}

  /** @throws Refusal `token_invalid`, `too_many_attempts` */
  follow(token: string, caller: Caller): Promise<Confirmation> {
    return this.links.follow(token, 'freeze', caller, () =>
      inTransaction(this.database, async (tx) => {
        const spent = await this.tokens.spend(tx, token, 'freeze');
        const isFrozen = spent && (await this.userStatus.disableWhoever(tx, spent.userId));
        return isFrozen ? this.effects.follow(tx, spent.userId, caller) : undefined;
      }),
    );
  }
}
