// Verifies an address for whoever follows the link that was mailed to it.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Caller } from '../../http/caller.js';
import { Revocations } from '../../revocation/revocations.js';
import { MailedLinks } from '../../tokens/mailed-links.js';
import { OneTimeTokens } from '../../tokens/one-time-tokens.js';
import { Users } from '../../users/users.js';

@Injectable()
export class Verification {
  constructor(
    private readonly database: Database,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly users: Users,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  /**
   * Access tokens are out of date, and a refresh says that the address is verified. Nothing is taken from anybody, and so
   * nobody waits for the confirmation of Redis.
   * @throws Refusal `token_invalid`, `too_many_attempts`
   */
  async verify(token: string, caller: Caller): Promise<void> {
    await this.links.follow(token, 'verify', caller, () =>
      inTransaction(this.database, async (tx) => {
        const spent = await this.tokens.spend(tx, token, 'verify');
        const user = spent && (await this.users.verifyAddress(tx, spent));
        if (!user) return undefined;
        await this.revocations.end(tx, { users: [user.id] });
        await this.audit.record(tx, [{ type: 'email.verified', userId: user.id }], caller);
        return user;
      }),
    );
  }
}
