// Changes the password of a user who is signed in.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../../audit/audit.js';
import { Database, inTransaction } from '../../database/database.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { Revocations } from '../../revocation/revocations.js';
import { SessionEnd } from '../../sessions/session-end.js';
import { Passwords } from './passwords.js';
import { type User, Users } from '../../users/users.js';

/** A sign-in may renew the hash under the change; the current password is then proven against the new one. */
const PROOFS = 3;

interface Changed {
  readonly user: User;
  readonly confirmation: Confirmation;
}

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
   * @returns the user as they are now, for the new session of the one who changed it
   * @throws Refusal `invalid_credentials`, `password_rejected`, `overloaded`, `token_stale` when the user changed meanwhile
   */
  async change(userId: string, current: string, wanted: string, caller: Caller): Promise<Changed> {
    this.passwords.assertAcceptable(wanted);
    let to: string | undefined;
    for (let proof = 0; proof < PROOFS; proof++) {
      const from = await this.prove(userId, current, caller);
      to ??= await this.passwords.hash(wanted);
      const changed = await this.replace(userId, from, to, caller);
      if (changed) return changed;
    }
    throw new Refusal('token_stale');
  }

  /** @returns the hash that was verified */
  private async prove(userId: string, current: string, caller: Caller): Promise<string> {
    const verified = await this.passwords.inTurn(async () => {
      const stored = (await this.users.findById(userId))?.passwordHash ?? null;
      return (await this.passwords.isRight(current, stored)) ? stored : null;
    });
    if (verified !== null) return verified;
    await this.audit.recordAlone({ type: 'password.change_failed', userId, reason: 'wrong_password' }, caller);
    throw new Refusal('invalid_credentials', { session: 'keep' });
  }

  /** @returns undefined when the hash is no longer the one that was verified */
  private replace(userId: string, from: string, to: string, caller: Caller): Promise<Changed | undefined> {
    return inTransaction(this.database, async (tx) => {
      const changed = await this.users.changePassword(tx, userId, from, to);
      if (!changed) return undefined;
      const sessions = await this.sessionEnd.mark(tx, userId, sql`true`, 'password_changed', caller);
      const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
      await this.audit.record(tx, [{ type: 'password.changed', userId }], caller);
      return { user: changed, confirmation };
    });
  }
}
