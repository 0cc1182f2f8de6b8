// Changes the password of a user who is signed in.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../../audit/audit.js';
import { Database, inTransaction } from '../../database/database.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { Principal } from '../../http/principal.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { refuseDead } from '../../revocation/refuse-dead.js';
import { Revocations } from '../../revocation/revocations.js';
import { SessionEnd } from '../../sessions/session-end.js';
import { Passwords } from './passwords.js';
import { type User, Users } from '../../users/users.js';

/** A sign-in may renew the hash under the change; the current password is then proven against the new one. */
const PROOFS = 3;

type Bearer = Pick<Principal, 'userId' | 'sessionId' | 'tokenId' | 'tokenVersion'>;

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
   * @throws Refusal `invalid_credentials`, `password_rejected`, `overloaded`, `token_stale` or `token_revoked` when the user changed
   *   meanwhile
   */
  async change(me: Bearer, current: string, wanted: string, caller: Caller): Promise<Changed> {
    this.passwords.assertAcceptable(wanted);
    let to: string | undefined;
    for (let proof = 0; proof < PROOFS; proof++) {
      const from = await this.prove(me, current, caller);
      to ??= await this.passwords.hash(wanted);
      const changed = await this.replace(me.userId, from, to, caller);
      if (changed) return changed;
    }
    throw new Refusal('token_stale');
  }

  /** @returns the hash that was verified */
  private async prove(me: Bearer, current: string, caller: Caller): Promise<string> {
    const { userId, sessionId, tokenId, tokenVersion } = me;
    const verified = await this.passwords.inTurn(async () => {
      const stored = (await this.users.findById(userId))?.passwordHash ?? null;
      return (await this.passwords.isRight(current, stored)) ? stored : null;
    });
    if (verified !== null) return verified;
    // Somebody may have changed it meanwhile, such as the same user by a double click: that ended this session.
    const claims = { sub: userId, sid: sessionId, jti: tokenId, tokenVersion };
    refuseDead(await this.revocations.verdictFor(claims, true));
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
