// Changes the password of a user who is signed in.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { Principal } from '../../http/principal.js';
import { refuseDead } from '../../revocation/refuse-dead.js';
import { Revocations } from '../../revocation/revocations.js';
import { PasswordPolicy } from './password-policy.js';
import { type Changed, PasswordReplacement } from './password-replacement.js';
import { Passwords } from './passwords.js';
import { Users } from '../../users/users.js';

/** A sign-in may renew the hash under the change; the current password is then proven against the new one. */
const PROOFS = 3;

type Bearer = Pick<Principal, 'userId' | 'sessionId' | 'tokenId' | 'tokenVersion'>;

@Injectable()
export class PasswordChange {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly policy: PasswordPolicy,
    private readonly replacement: PasswordReplacement,
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
    await this.policy.assertAcceptable(wanted, (await this.users.findById(me.userId))?.email ?? '', 'newPassword');
    let to: string | undefined;
    for (let proof = 0; proof < PROOFS; proof++) {
      const from = await this.prove(me, current, caller);
      to ??= await this.passwords.hash(wanted);
      const changed = await this.replacement.replace(me.userId, from, to, caller);
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
}
