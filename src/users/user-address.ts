// Changes the address of a user to one whose mail they have shown to read.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../database/database.js';
import { users } from '../database/schema/users-and-sessions.js';
import { PendingUsers } from './pending-users.js';
import { UserEmails } from './user-emails.js';
import type { LinkedUser } from './users.js';

/** The link was mailed to `address`, which the account is to have. */
export interface NewAddress extends LinkedUser {
  readonly address: string;
}

@Injectable()
export class UserAddress {
  constructor(
    private readonly emails: UserEmails,
    private readonly pendingUsers: PendingUsers,
  ) {}

  /**
   * A registration of the address that nobody has verified gives way: else a stranger could keep it from its owner.
   * @returns false if the address belongs to another account, or the user changed since the link was made: roll back
   */
  async confirm(tx: Transaction, { userId, boundEmail, sessionEpoch, address }: NewAddress): Promise<boolean> {
    await lock(tx, userId);
    await this.pendingUsers.giveWay(tx, address, { evenIfDisabled: true });
    if ((await this.emails.claim(tx, address, userId)) !== userId) return false;
    const { rowCount } = await tx.execute(sql`
      update ${users} u
         set email = ${address}, email_verified_at = protocol_now(), revision = u.revision + 1,
             token_version = u.token_version + 1
       where u.id = ${userId} and u.email = ${boundEmail} and u.session_epoch = ${sessionEpoch} and u.disabled_at is null`);
    if (rowCount !== 1) return false;
    if (boundEmail !== null && boundEmail !== address) await this.emails.free(tx, { email: boundEmail, userId });
    return true;
  }

  /**
   * By an operator who knows the owner by other means. Every session and link ends, and the password goes, which a thief may
   * know: the owner sets one by a reset, which also verifies the address.
   * @returns false if there is no such user, or the address is taken or theirs already
   */
  async set(tx: Queries, userId: string, address: string): Promise<boolean> {
    const former = await lock(tx, userId);
    if (former === undefined || former === address) return false;
    if ((await this.emails.claim(tx, address, userId)) !== userId) return false;
    await tx.execute(sql`
      update ${users} u
         set email = ${address}, email_verified_at = null, password_hash = null,
             revision = u.revision + 1, credential_version = u.credential_version + 1,
             token_version = u.token_version + 1, session_epoch = u.session_epoch + 1
       where u.id = ${userId}`);
    await this.emails.free(tx, { email: former, userId });
    return true;
  }
}

/** Whoever changes an address holds its user first (user-emails.ts). @returns the address */
async function lock(tx: Queries, userId: string): Promise<string | undefined> {
  const { rows } = await tx.execute<{ email: string }>(sql`
    select email from ${users} where id = ${userId} for no key update`);
  return rows[0]?.email;
}
