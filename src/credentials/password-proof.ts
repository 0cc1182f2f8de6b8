// Does this password prove who is asking? Unknown, disabled and wrong look and cost the same.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Passwords } from '../users/passwords.js';
import { type User, Users } from '../users/users.js';

@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns the user as it was when its password hash was read, counters included
   * @throws Refusal `invalid_credentials`, `overloaded`
   */
  async prove(email: string, password: string, caller: Caller): Promise<User> {
    const { owner: user, isRight } = await this.passwords.verify(password, () => this.users.findByEmail(email));
    if (!user || !isRight || user.disabledAt) {
      const reason = !user ? 'unknown_address' : isRight ? 'disabled' : 'wrong_password';
      // A row whether there is such a user or not: both must cost the same.
      await this.audit.recordAlone({ type: 'login.failed', userId: user?.id ?? null, reason }, caller);
      throw new Refusal('invalid_credentials');
    }
    return this.withTodaysHash(user, password);
  }

  /** A hash of older parameters is replaced; a password change in the meantime wins, and the sign-in then fails. */
  private async withTodaysHash(user: User, password: string): Promise<User> {
    const from = user.passwordHash;
    if (from === null || !this.passwords.isOutdated(from)) return user;
    const to = await this.passwords.hash(password);
    return (await this.users.replaceHash(user.id, from, to)) ? { ...user, passwordHash: to } : user;
  }
}
