// Proves by a password who is asking. Unknown, disabled and wrong look and cost the same.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { Proof } from '../../sign-in/sign-in.js';
import { type User, Users } from '../../users/users.js';
import { Passwords } from './passwords.js';

@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_credentials`, `overloaded` */
  async prove(email: string, password: string, caller: Caller): Promise<Proof> {
    const { user, isRight } = await this.passwords.inTurn(async () => {
      const found = await this.users.findByEmail(email);
      return { user: found, isRight: await this.passwords.isRight(password, found?.passwordHash ?? null) };
    });
    if (!user || !isRight || user.disabledAt) {
      const reason = !user ? 'unknown_address' : isRight ? 'disabled' : 'wrong_password';
      // A row whether there is such a user or not: both must cost the same.
      await this.audit.recordAlone({ type: 'login.failed', userId: user?.id ?? null, reason }, caller);
      throw new Refusal('invalid_credentials');
    }
    await this.renewHash(user, password);
    return { user, methods: ['pwd'] };
  }

  /** Replaces a hash of older parameters. A password change in the meantime wins. */
  private async renewHash({ id, passwordHash }: User, password: string): Promise<void> {
    if (passwordHash === null || !this.passwords.isOutdated(passwordHash)) return;
    await this.users.replaceHash(id, passwordHash, await this.passwords.hash(password));
  }
}
