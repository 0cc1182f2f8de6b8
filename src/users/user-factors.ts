// What a user's row says of their second factors: whether their next enrolment needs a mailed token.
import { Injectable } from '@nestjs/common';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../database/database.js';
import { users } from '../database/schema/users-and-sessions.js';
import type { Role } from '../database/schema/vocabularies.js';

interface Locked extends Record<string, unknown> {
  readonly email: string;
  readonly role: Role;
  /** An operator removed every factor, and the next enrolment needs the token that was mailed. */
  readonly needsToken: boolean;
  readonly hasPassword: boolean;
  readonly isVerified: boolean;
}

@Injectable()
export class UserFactors {
  /** Acts on the factors of one user take turns. @returns undefined if there is no such user */
  async lock(tx: Transaction, userId: string): Promise<Locked | undefined> {
    const { rows } = await tx.execute<Locked>(sql`
      select email, role, factors_reset_at is not null as "needsToken", password_hash is not null as "hasPassword",
             email_verified_at is not null as "isVerified"
        from ${users} where id = ${userId} for no key update`);
    return rows[0];
  }

  /**
   * After every factor was removed by an operator: ends every session, link and ticket.
   * @param needsToken whether a mail brings what the next enrolment then needs
   */
  async reset(tx: Transaction, userId: string, needsToken: boolean): Promise<void> {
    await tx.execute(sql`
      update ${users} u
         set factors_reset_at = ${needsToken ? sql`protocol_now()` : sql`null`}, revision = u.revision + 1,
             credential_version = u.credential_version + 1, token_version = u.token_version + 1,
             session_epoch = u.session_epoch + 1
       where u.id = ${userId}`);
  }

  /**
   * A factor was added or removed: sign-ins that are under way ask again, known devices count no more, and the caller ends
   * the other sessions. Access tokens of the session that goes on stay good.
   */
  async changed(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(sql`
      update ${users} u
         set credential_version = u.credential_version + 1, session_epoch = u.session_epoch + 1
       where u.id = ${userId}`);
  }

  /** The mailed token was spent. */
  async endReset(tx: Queries, userId: string): Promise<void> {
    await tx
      .update(users)
      .set({ factorsResetAt: null, revision: sql`${users.revision} + 1` })
      .where(and(eq(users.id, userId), isNotNull(users.factorsResetAt)));
  }
}
