// Invites a person: an account without a password, and a mail with the link to choose one.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, type Queries } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import type { Role } from '../database/schema/vocabularies.js';
import { upstreamIdentities } from '../database/schema/upstream.js';
import { Outbox } from '../mail/outbox.js';
import { PendingUsers } from '../users/pending-users.js';
import { type User, Users } from '../users/users.js';
import { type Act, noteOf } from './act.js';

export interface Invited {
  readonly userId: string;
  /** False for a further invitation of somebody who has not chosen a password yet. */
  readonly isNew: boolean;
}

type Invitable = Pick<User, 'id' | 'passwordHash' | 'disabledAt' | 'pendingUntil'>;

/** A password that waits for a verification is nobody's. */
const isOpen = ({ passwordHash, disabledAt, pendingUntil }: Invitable): boolean =>
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
   * Whoever has a password or is disabled is not invited, and neither is somebody who signed up at a provider: they may have
   * named a stranger's address there, who would share the account.
   */
  async mayInvite(user: Invitable, queries: Queries = this.database): Promise<boolean> {
    if (!isOpen(user)) return false;
    const { rows } = await queries.execute(sql`select from ${upstreamIdentities} where user_id = ${user.id} limit 1`);
    return rows.length === 0;
  }

  /**
   * The account does not wait for a verification, as a registration does: nobody else may register the address meanwhile
   * and get what the operator gives the account.
   * @param role of a new account; one that waits for its password keeps its own
   * @returns undefined if the address has an account with a password, or a disabled one
   */
  invite(email: string, act: Act, role: Role = 'user'): Promise<Invited | undefined> {
    return inTransaction(this.database, async (tx) => {
      await this.pendingUsers.giveWay(tx, email);
      const created = await this.users.create(tx, email, null, { role });
      const user = created ?? (await this.users.findByEmail(email));
      if (!user || !(created || (await this.mayInvite(user, tx)))) return undefined;
      await this.audit.record(tx, [{ type: 'user.invited', userId: user.id, ...noteOf(act) }], act.caller);
      await this.outbox.write(tx, { kind: 'invite', address: email, language: this.config.DEFAULT_LANGUAGE });
      return { userId: user.id, isNew: created !== undefined };
    });
  }
}
