// What the next enrolment needs after an operator removed the factors of an account: the token that was mailed, and the
// password. The operator cannot know which person comes next.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { MailedLinks } from '../tokens/mailed-links.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.js';
import { UserFactors } from '../users/user-factors.js';

interface Enrolling {
  readonly userId: string;
  /** As the user's row says. */
  readonly needsToken: boolean;
  readonly hasPassword: boolean;
  /** The session that goes on. */
  readonly keeps: string | undefined;
  /** Of the session, or of the sign-in that waits (RFC 8176). */
  readonly methods: readonly string[];
}

@Injectable()
export class AfterReset {
  constructor(
    private readonly users: UserFactors,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly config: Config,
  ) {}

  /**
   * A mailed token is looked at before anything else, and a bad one counts for the caller's networks.
   * @throws Refusal `token_invalid`, `too_many_attempts`; whatever `act` throws
   */
  async withToken<T>(userId: string, token: string | undefined, caller: Caller, act: () => Promise<T>): Promise<T> {
    if (token === undefined) return act();
    return this.links.follow(token, 'enrol', caller, (looked) =>
      looked.userId === userId ? act() : Promise.resolve(undefined),
    );
  }

  /**
   * Uses the token up. The user is locked.
   * @throws Refusal `enrolment_token_required`, `token_invalid`, `reauthentication_required`, `factor_ticket_invalid`
   */
  async meet(tx: Transaction, enrolling: Enrolling, token: string | undefined): Promise<void> {
    const { userId, needsToken, hasPassword } = enrolling;
    if (!needsToken && token === undefined) return;
    if (token === undefined) throw new Refusal('enrolment_token_required');
    const spent = await this.tokens.spend(tx, token, 'enrol');
    if (spent?.userId !== userId) throw new Refusal('token_invalid');
    if (needsToken && hasPassword) this.assertByPassword(enrolling);
    await this.users.endReset(tx, userId);
  }

  /** A person who reads the mails of the account has a magic link as well as the token. */
  private assertByPassword({ keeps, methods }: Enrolling): void {
    if (methods.includes('pwd')) return;
    if (keeps !== undefined)
      throw new Refusal('reauthentication_required', { maxAge: this.config.STEP_UP_MAX_AGE_SECONDS });
    throw new Refusal('factor_ticket_invalid', { detail: 'After a reset the password is needed: sign in with it.' });
  }
}
