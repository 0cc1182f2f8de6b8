// Decides whether a new password is acceptable: at registration, at a change, on the command line, not at sign-in.
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';
import { BreachedPasswords } from './breached-passwords.js';
import { objectionTo, serviceWordsOf } from './password-rules.js';

const BREACHED = 'The password is known from a breach at another service. Choose another.';

@Injectable()
export class PasswordPolicy {
  private readonly minLength: number;
  private readonly serviceWords: readonly string[];

  constructor(
    config: Config,
    private readonly breached: BreachedPasswords,
  ) {
    this.minLength = config.PASSWORD_MIN_LENGTH;
    this.serviceWords = serviceWordsOf(config.publicUrl);
  }

  /**
   * Call it before any hashing.
   * @param email the address of the account
   * @param path the field of the request that contains the password
   * @throws Refusal `password_rejected` with the reason
   */
  async assertAcceptable(password: string, email: string, path = 'password'): Promise<void> {
    const { minLength, serviceWords } = this;
    const message =
      objectionTo(password, { minLength, email, serviceWords }) ??
      ((await this.breached.has(password.normalize('NFC'))) ? BREACHED : undefined);
    if (message !== undefined) throw new Refusal('password_rejected', { errors: [{ path, message }] });
  }
}
