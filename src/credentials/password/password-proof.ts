// Proves by a password who is asking. Unknown, disabled and wrong look and cost the same.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Asking } from '../../http/exchange.js';
import type { Holder } from '../../limits/fair-queue.js';
import { addressOf } from '../../limits/network.js';
import type { Proof } from '../../sign-in/sign-in.js';
import { type User, Users } from '../../users/users.js';
import { PasswordCheck } from './password-check.js';
import { Passwords } from './passwords.js';

interface Given {
  readonly email: string;
  readonly password: string;
  readonly deviceToken?: string | undefined;
}

@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly passwordCheck: PasswordCheck,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_credentials`, `too_many_attempts`, `overloaded` */
  async prove({ email, password, deviceToken }: Given, exchange: Asking): Promise<Proof> {
    const { caller } = exchange;
    const find = () => this.users.findByEmail(email);
    const claim = { route: 'login', named: email, deviceToken, find } as const;
    const { user, isRight } = await this.passwordCheck.check(claim, password, exchange);
    if (!user || !isRight || user.disabledAt) {
      const reason = !user ? 'unknown_address' : isRight ? 'disabled' : 'wrong_password';
      // A row whether there is such a user or not: both must cost the same.
      await this.audit.recordAlone({ type: 'login.failed', userId: user?.id ?? null, reason }, caller);
      throw new Refusal('invalid_credentials');
    }
    await this.renewHash(user, password, addressOf(caller.ip));
    return { user, methods: ['pwd'] };
  }

  /** Replaces a hash of older parameters. A password change in the meantime wins; a full queue leaves it for another time. */
  private async renewHash({ id, passwordHash }: User, password: string, network?: string): Promise<void> {
    if (passwordHash === null || passwordHash.startsWith(this.passwords.form)) return;
    const renewed = await this.hashIfThereIsRoom(password, { network, account: id });
    if (renewed !== undefined) await this.users.replaceHash(id, passwordHash, renewed);
  }

  private async hashIfThereIsRoom(password: string, holder: Holder): Promise<string | undefined> {
    try {
      return await this.passwords.hash(password, holder);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'overloaded') return undefined;
      throw error;
    }
  }
}
