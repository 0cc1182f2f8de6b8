// Judges a password that somebody has chosen, and hashes it: outside of any transaction.
import { Injectable } from '@nestjs/common';
import type { Caller } from '../../http/caller.js';
import { addressOf } from '../../limits/network.js';
import { PasswordPolicy } from './password-policy.js';
import { Passwords } from './passwords.js';

interface Chosen {
  readonly password: string;
  /** Of the account. */
  readonly email: string;
  /** Unknown at a registration. */
  readonly userId?: string;
  /** The field of the request that contains the password. */
  readonly path?: string;
}

@Injectable()
export class ChosenPassword {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly passwords: Passwords,
  ) {}

  /**
   * @param charge between the two: a password that is refused costs nothing, a hash does
   * @throws Refusal `password_rejected`, `overloaded`; whatever `charge` throws
   */
  async hash({ password, email, userId, path }: Chosen, { ip }: Caller, charge?: () => Promise<void>): Promise<string> {
    await this.policy.assertAcceptable(password, email, path);
    await charge?.();
    return this.passwords.hash(password, { network: addressOf(ip), account: userId });
  }
}
