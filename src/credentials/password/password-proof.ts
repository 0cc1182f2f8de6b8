// Proves an identity by a password. Unknown, disabled and wrong get the same answer at the same cost.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import type { Holder } from '../../limits/fair-queue.js';
import { addressOf } from '../../limits/network.js';
import type { Proof } from '../../sign-in/session-opening.js';
import { type User, Users } from '../../users/users.js';
import { DeviceOffer } from '../recovery/device-offer.js';
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
    private readonly deviceOffer: DeviceOffer,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_credentials`, `email_unverified`, `too_many_attempts`, `overloaded` */
  async prove({ email, password, deviceToken }: Given, exchange: Exchange): Promise<Proof> {
    const { caller } = exchange;
    const find = () => this.users.findForSignIn(email);
    const whenClosed = () => this.deviceOffer.make(email, exchange);
    const claim = { route: 'login', named: email, deviceToken, find, whenClosed } as const;
    const { user, isRight } = await this.passwordCheck.check(claim, password, exchange);
    if (!user || !isRight || user.disabledAt) {
      const reason = !user ? 'unknown_address' : isRight ? 'disabled' : 'wrong_password';
      // Writes a row for unknown users, too, so that both cost the same.
      await this.audit.recordAlone({ type: 'login.failed', userId: user?.id ?? null, reason }, caller);
      throw new Refusal('invalid_credentials');
    }
    // Only whoever knows the password learns that there is such an account.
    if (user.pendingUntil) {
      await this.audit.recordAlone({ type: 'login.failed', userId: user.id, reason: 'email_unverified' }, caller);
      throw new Refusal('email_unverified');
    }
    await this.renewHash(user, password, addressOf(caller.ip));
    return { user, methods: ['pwd'], dueFactors: user.dueFactors };
  }

  /** Replaces a hash of older parameters. A concurrent password change wins; a full queue skips it. */
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
