// Gives an account its new address, for whoever follows the link that was mailed there.
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { MailedLinks } from '../../tokens/mailed-links.js';
import { OneTimeTokens } from '../../tokens/one-time-tokens.js';
import { UserAddress } from '../../users/user-address.js';
import { AddressEffects } from './address-effects.js';

@Injectable()
export class AddressConfirmation {
  constructor(
    private readonly database: Database,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly userAddress: UserAddress,
    private readonly effects: AddressEffects,
  ) {}

  /** @throws Refusal `token_invalid`, also for an address that somebody else has by now; `too_many_attempts` */
  async confirm(token: string, exchange: Exchange): Promise<void> {
    await this.links.follow(token, 'email', exchange.caller, () =>
      inTransaction(this.database, async (tx) => {
        const spent = await this.tokens.spend(tx, token, 'email');
        if (!spent) return undefined;
        // Everything is undone, the use of the link included: nobody was harmed, and the address may become free.
        if (!(await this.userAddress.confirm(tx, spent))) throw new Refusal('token_invalid');
        return this.effects.follow(tx, spent, exchange);
      }),
    );
  }
}
