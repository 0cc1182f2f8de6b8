// How does somebody who is signed in get another password?
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, inTransaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd } from '../sessions/session-end.js';
import { Passwords } from '../users/passwords.js';
import { type User, Users } from '../users/users.js';

@Injectable()
export class PasswordChange {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  /**
   * Ends every session and access token of the user. Hashing is done outside of the transaction.
   * @returns the user as it is now, for a new session of whoever changed it
   * @throws Refusal `invalid_credentials`, `password_rejected`, `overloaded`, `token_stale` when the user changed meanwhile,
   *   `revocation_unconfirmed`
   */
  async change(userId: string, current: string, wanted: string, caller: Caller): Promise<User> {
    this.passwords.assertAcceptable(wanted);
    const from = (await this.users.findById(userId))?.passwordHash ?? null;
    if (!(await this.passwords.verify(current, from)) || from === null) {
      await this.audit.recordAlone({ type: 'password.change_failed', userId, reason: 'wrong_password' }, caller);
      throw new Refusal('invalid_credentials', { session: 'keep' });
    }
    const to = await this.passwords.hash(wanted);
    const user = await inTransaction(this.database, async (tx) => {
      const changed = await this.users.changePassword(tx, userId, from, to);
      if (!changed) return undefined;
      await this.revocations.forget(tx, [userId]);
      await this.sessionEnd.where(tx, userId, sql`true`, 'password_changed', caller);
      await this.audit.record(tx, [{ type: 'password.changed', userId }], caller);
      return changed;
    });
    if (!user) throw new Refusal('token_stale');
    return user;
  }
}
