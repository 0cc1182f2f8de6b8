// Changes the address of a user to one whose mail they have shown to read.
import { Injectable } from '@nestjs/common';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../database/database.js';
import { isTaken } from '../database/taken.js';
import { users } from '../database/schema.js';
import type { LinkedUser } from './users.js';

/** The link was mailed to `address`, which the account is to have. */
export interface NewAddress extends LinkedUser {
  readonly address: string;
}

@Injectable()
export class UserAddress {
  /**
   * A registration of the address that nobody has verified gives way: else a stranger could keep it from its owner.
   * @returns false if the address belongs to another account, or the user changed since the link was made: roll back
   */
  async confirm(tx: Transaction, { userId, boundEmail, sessionEpoch, address }: NewAddress): Promise<boolean> {
    await tx.delete(users).where(and(eq(users.email, address), isNotNull(users.pendingUntil)));
    const isTheirs = sql`u.email = ${boundEmail} and u.session_epoch = ${sessionEpoch} and u.disabled_at is null`;
    try {
      const { rowCount } = await tx.execute(sql`
        update ${users} u
           set email = ${address}, email_verified_at = protocol_now(), token_version = u.token_version + 1
         where u.id = ${userId} and ${isTheirs}
           and not exists (select from ${users} o where o.email = ${address} and o.id <> u.id)`);
      return rowCount === 1;
    } catch (error) {
      if (isTaken(error)) return false; // by an act that was committed while this one waited for it
      throw error;
    }
  }

  /**
   * By an operator who knows the owner by other means. Every session and link ends, and the password goes, which a thief may
   * know: the owner sets one by a reset, which also verifies the address.
   * @returns false if there is no such user, or the address is taken or theirs already
   */
  async set(tx: Queries, userId: string, address: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      update ${users} u
         set email = ${address}, email_verified_at = null, password_hash = null,
             credential_version = u.credential_version + 1,
             token_version = u.token_version + 1, session_epoch = u.session_epoch + 1
       where u.id = ${userId} and u.email <> ${address}
         and not exists (select from ${users} o where o.email = ${address})`);
    return rowCount === 1;
  }
}
