// Writes a new factor in one transaction, with everything that follows from it.
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { FactorRemoval } from '../factors/factor-removal.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import type { Exchange } from '../http/exchange.js';
import { CodeGuesses } from '../limits/code-guesses.js';
import { UserFactors } from '../users/user-factors.js';
import { AfterReset } from './after-reset.js';
import { FactorEffects } from './factor-effects.js';

export interface Wanted {
  readonly kind: 'totp' | 'passkey';
  /** How the factor was just proven (RFC 8176), with `mfa`: a sign-in that waits for it ends with it. */
  readonly methods: readonly string[];
  /** Of the mail about a reset of the factors. */
  readonly token?: string | undefined;
  /** Writes the factor. @returns false, and nothing written, if it is not fresh any more */
  readonly settle: (tx: Transaction) => Promise<boolean>;
  /** What the caller receives then. */
  readonly stale: () => Refusal;
}

interface Whose {
  readonly userId: string;
  /** The session that goes on. */
  readonly keeps: string | undefined;
  /** Of the session, or of the sign-in that waits (RFC 8176). */
  readonly methods: readonly string[];
}

@Injectable()
export class NewFactor {
  constructor(
    private readonly users: UserFactors,
    private readonly factors: FactorRemoval,
    private readonly codes: RecoveryCodes,
    private readonly effects: FactorEffects,
    private readonly guesses: CodeGuesses,
    private readonly afterReset: AfterReset,
  ) {}

  /**
   * What it throws undoes everything: neither a ticket nor a mailed token is lost by a code that came too late.
   * @returns recovery codes with the first factor
   * @throws Refusal `enrolment_token_required`, `token_invalid`, `token_revoked`, `reauthentication_required`,
   *   `factor_ticket_invalid`; what `stale` makes
   */
  async write(
    tx: Transaction,
    whose: Whose,
    { kind, token, settle, stale }: Wanted,
    exchange: Exchange,
  ): Promise<string[] | undefined> {
    const { userId, keeps } = whose;
    const user = await this.users.lock(tx, userId);
    if (!user) throw new Refusal('token_revoked');
    await this.afterReset.meet(tx, { ...user, ...whose }, token);
    const isFirst = (await this.factors.count(tx, userId)) === 0;
    if (!(await settle(tx))) throw stale();
    const codes = isFirst ? await this.codes.renew(tx, userId) : undefined;
    // Wrong codes say nothing of a new seed, and an account that was closed by them is its owner's again.
    await this.guesses.reopen(tx, userId);
    await this.effects.follow(tx, { type: 'factor.enrolled', kind, userId, email: user.email, keeps }, exchange);
    return codes;
  }
}
