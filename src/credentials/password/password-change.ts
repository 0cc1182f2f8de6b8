// Changes the password of a signed-in user.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../../errors.js';
import type { Asking } from '../../http/exchange.js';
import { addressOf } from '../../limits/network.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { type Bearer, CurrentPassword } from './current-password.js';
import { PasswordPolicy } from './password-policy.js';
import { type Changed, PasswordReplacement } from './password-replacement.js';
import { Passwords } from './passwords.js';
import { Users } from '../../users/users.js';

/** A sign-in may renew the hash during the change; the current password is then verified against the new hash. */
const PROOFS = 3;

@Injectable()
export class PasswordChange {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly policy: PasswordPolicy,
    private readonly currentPassword: CurrentPassword,
    private readonly replacement: PasswordReplacement,
    private readonly mail: RequestedMail,
  ) {}

  /**
   * Ends every session and access token of the user. It hashes outside of the transaction.
   * @returns the changed user, for the caller's new session
   * @throws Refusal `invalid_credentials`, `password_rejected`, `too_many_attempts`, `overloaded`, `token_stale` or `token_revoked`
   *   when the user changed meanwhile
   */
  async change(me: Bearer, current: string, wanted: string, asking: Asking): Promise<Changed> {
    const { caller } = asking;
    const { email = '' } = (await this.users.findById(me.userId)) ?? {};
    await this.policy.assertAcceptable(wanted, email, 'newPassword');
    let to: string | undefined;
    let notice: Awaited<ReturnType<RequestedMail['notice']>>;
    for (let proof = 0; proof < PROOFS; proof++) {
      const proven = await this.currentPassword.prove('password_change', me, { password: current }, asking);
      to ??= await this.passwords.hash(wanted, { network: addressOf(caller.ip), account: me.userId });
      notice ??= await this.mail.notice('password_changed', email, asking);
      const hashes = { from: proven.passwordHash, to };
      const changed = await this.replacement.replace(me.userId, hashes, caller, notice);
      if (changed) return changed;
    }
    throw new Refusal('token_stale');
  }
}
