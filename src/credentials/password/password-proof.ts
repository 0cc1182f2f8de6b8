// Proves by a password who is asking. Unknown, disabled and wrong look and cost the same.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import type { Proof } from '../../sign-in/sign-in.js';
import { type User, Users } from '../../users/users.js';
import { Decoys } from './decoys.js';
import { Passwords } from './passwords.js';

@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly decoys: Decoys,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_credentials`, `overloaded` */
  async prove(email: string, password: string, caller: Caller): Promise<Proof> {
    const { user, isRight } = await this.passwords.inTurn(async () => {
      const found = await this.users.findByEmail(email);
      const stored = found?.passwordHash ?? this.decoys.of(email);
      return { user: found, isRight: await this.passwords.isRight(password, stored) };
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

  /** Replaces a hash of older parameters. A password change in the meantime wins; a full queue leaves it for another time. */
  private async renewHash({ id, passwordHash }: User, password: string): Promise<void> {
    if (passwordHash === null || passwordHash.startsWith(this.passwords.form)) return;
    const renewed = await this.hashIfThereIsRoom(password);
    if (renewed !== undefined) await this.users.replaceHash(id, passwordHash, renewed);
  }

  private async hashIfThereIsRoom(password: string): Promise<string | undefined> {
    try {
      return await this.passwords.hash(password);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'overloaded') return undefined;
      throw error;
    }
  }
}
