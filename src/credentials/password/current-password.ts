// Proves that a signed-in user knows their current password.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Asking } from '../../http/exchange.js';
import type { Principal } from '../../http/principal.js';
import { refuseDead } from '../../revocation/refuse-dead.js';
import { Revocations } from '../../revocation/revocations.js';
import { Users } from '../../users/users.js';
import { PasswordCheck } from './password-check.js';

export type Bearer = Pick<Principal, 'userId' | 'sessionId' | 'tokenId' | 'tokenVersion'>;

@Injectable()
export class CurrentPassword {
  constructor(
    private readonly users: Users,
    private readonly passwordCheck: PasswordCheck,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns the hash that was verified
   * @throws Refusal `invalid_credentials`, `too_many_attempts`, `overloaded`, `token_stale` or `token_revoked`
   */
  async prove(me: Bearer, current: string, asking: Asking): Promise<string> {
    const { userId, sessionId, tokenId, tokenVersion } = me;
    const find = () => this.users.findById(userId);
    const claim = { route: 'password_change', named: userId, find } as const;
    const { user, isRight } = await this.passwordCheck.check(claim, current, asking);
    if (isRight && user?.passwordHash) return user.passwordHash;
    // The password may have changed meanwhile, for example by a double click: that ended this session.
    const claims = { sub: userId, sid: sessionId, jti: tokenId, tokenVersion };
    refuseDead(await this.revocations.verdictFor(claims, true));
    const { caller } = asking;
    await this.audit.recordAlone({ type: 'password.change_failed', userId, reason: 'wrong_password' }, caller);
    throw new Refusal('invalid_credentials', { session: 'keep' });
  }
}
