// Proves an identity by the link of a mail: the first factor, like a password. Off unless MAGIC_LINKS is on.
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { Proof } from '../../sign-in/session-opening.js';
import { MailedLinks } from '../../tokens/mailed-links.js';
import { OneTimeTokens, type Spent } from '../../tokens/one-time-tokens.js';
import { Users } from '../../users/users.js';

@Injectable()
export class MagicProof {
  constructor(
    private readonly database: Database,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly users: Users,
  ) {}

  /**
   * Uses the link up. @returns repeats the proof, without the link: it counts as long as the user is as they were
   * @throws Refusal `token_invalid`, `too_many_attempts`
   */
  async by(token: string, caller: Caller): Promise<() => Promise<Proof>> {
    const spent = await this.links.follow(token, 'magic', caller, () =>
      inTransaction(this.database, (tx) => this.tokens.spend(tx, token, 'magic')),
    );
    return () => this.prove(spent);
  }

  private async prove({ userId, boundEmail, sessionEpoch }: Spent): Promise<Proof> {
    const user = await this.users.findById(userId);
    const isStill = user?.email === boundEmail && user.sessionEpoch === sessionEpoch && user.disabledAt === null;
    if (!isStill || user.emailVerifiedAt === null) throw new Refusal('token_invalid');
    return { user, methods: [] };
  }
}
