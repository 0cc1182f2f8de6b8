// Changes the role of a user, disables a user and enables them again, by conditional statements.
import { Injectable } from '@nestjs/common';
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Queries } from '../database/database.js';
import { users } from '../database/schema.js';
import type { Role } from '../database/vocabularies.js';
import { bothBumped } from './users.js';

@Injectable()
export class UserStatus {
  /** @returns false if there is no such user or they are disabled already */
  async disable(tx: Queries, id: string): Promise<boolean> {
    const { rowCount } = await tx
      .update(users)
      .set({ ...bothBumped, disabledAt: sql`protocol_now()` })
      .where(and(eq(users.id, id), isNull(users.disabledAt)));
    return rowCount === 1;
  }

  /** @returns false if there is no such user or they are not disabled */
  async enable(tx: Queries, id: string): Promise<boolean> {
    const { rowCount } = await tx
      .update(users)
      .set({ disabledAt: null })
      .where(and(eq(users.id, id), isNotNull(users.disabledAt)));
    return rowCount === 1;
  }

  /**
   * The sessions stay and receive the new role at their next refresh; access tokens with the old role are refused.
   * @returns the previous role, undefined if there is no such user or they have that role already
   */
  async changeRole(tx: Queries, id: string, to: Role): Promise<Role | undefined> {
    const [before] = await tx.select({ role: users.role }).from(users).where(eq(users.id, id)).for('no key update');
    if (!before || before.role === to) return undefined;
    await tx
      .update(users)
      .set({ role: to, tokenVersion: sql`${users.tokenVersion} + 1` })
      .where(eq(users.id, id));
    return before.role;
  }
}
