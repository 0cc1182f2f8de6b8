// Invites a person: an account without a password, and a mail with the link to choose one.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, inTransaction } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { Outbox } from '../mail/outbox.js';
import { PendingUsers } from '../users/pending-users.js';
import { type User, Users } from '../users/users.js';

export interface Invited {
  readonly userId: string;
  /** False for a further invitation of somebody who has not chosen a password yet. */
  readonly isNew: boolean;
}

type Invitable = Pick<User, 'passwordHash' | 'disabledAt' | 'pendingUntil'>;

/** Whoever has a password, and whoever is disabled, is not invited. A password that waits for a verification is nobody's. */
export const isInvitable = ({ passwordHash, disabledAt, pendingUntil }: Invitable): boolean =>
  (passwordHash === null || pendingUntil !== null) && disabledAt === null;

@Injectable()
export class Invitation {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly pendingUsers: PendingUsers,
    private readonly outbox: Outbox,
    private readonly audit: Audit,
    private readonly config: Config,
  ) {}

  /**
   * The account does not wait for a verification, as a registration does: nobody else may register the address meanwhile
   * and get what the operator gives the account.
   * @returns undefined if the address has an account with a password, or a disabled one
   */
  invite(email: string, by: string, caller: Caller): Promise<Invited | undefined> {
    return inTransaction(this.database, async (tx) => {
      await this.pendingUsers.giveWay(tx, email);
      const created = await this.users.create(tx, email, null);
      const user = created ?? (await this.users.findByEmail(email));
      if (!user || !isInvitable(user)) return undefined;
      await this.audit.record(tx, [{ type: 'user.invited', userId: user.id, by }], caller);
      await this.outbox.write(tx, { kind: 'invite', address: email, language: this.config.DEFAULT_LANGUAGE });
      return { userId: user.id, isNew: created !== undefined };
    });
  }
}
