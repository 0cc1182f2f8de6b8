// Proves that a signed-in user knows their current password.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Asking } from '../../http/exchange.js';
import type { Principal } from '../../http/principal.js';
import { refuseDead } from '../../revocation/refuse-dead.js';
import { Revocations } from '../../revocation/revocations.js';
import { type User, Users } from '../../users/users.js';
import { PasswordCheck } from './password-check.js';

/** Why a password is asked for, and the event of a wrong one. */
const failures = {
  password_change: 'password.change_failed',
  reauthenticate: 'reauthentication.failed',
  email_change: 'email.change_failed',
} as const;

interface Given {
  readonly password: string;
  readonly deviceToken?: string | undefined;
}

/** The user as the password was verified. */
export interface ProvenByPassword extends User {
  readonly passwordHash: string;
}

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
   * @returns the user with the hash that was verified
   * @throws Refusal `invalid_credentials`, `too_many_attempts`, `overloaded`, `token_stale` or `token_revoked`
   */
  async prove(
    route: keyof typeof failures,
    me: Bearer,
    { password, deviceToken }: Given,
    asking: Asking,
  ): Promise<ProvenByPassword> {
    const { userId } = me;
    const find = () => this.users.findById(userId);
    const claim = { route, named: userId, deviceToken, find };
    const { user, isRight } = await this.passwordCheck.check(claim, password, asking);
    if (isRight && user?.passwordHash) return { ...user, passwordHash: user.passwordHash };
    // The password may have changed meanwhile, for example by a double click: that ended this session.
    await this.assertAlive(me);
    const { caller } = asking;
    await this.audit.recordAlone({ type: failures[route], userId, reason: 'wrong_password' }, caller);
    throw new Refusal('invalid_credentials', { session: 'keep' });
  }

  /**
   * For an act that found its session ended, or its user changed, after the guard had let it in.
   * @throws Refusal `token_stale`, `token_revoked`
   */
  async assertAlive({ userId, sessionId, tokenId, tokenVersion }: Bearer): Promise<void> {
    const claims = { sub: userId, sid: sessionId, jti: tokenId, tokenVersion };
    refuseDead(await this.revocations.verdictFor(claims, true));
  }
}
