// Charges each guess at the code of an authenticator to its user, before it is verified. A code has 10^6 values, so that a
// right password and the codes of other sign-ins give nothing back: only the sign-in that succeeds takes its own wrong
// codes away.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { type Charge, GuessBudget } from './guess-budget.js';
import { GuessLanes, type Lane } from './guess-lanes.js';

/** What a charge stood for; undefined where limits are off. */
export interface CodeCharge {
  readonly charge: Charge | undefined;
  /** Wrong codes so far, this one included. */
  readonly failures: number;
  /** Whether this was the last code that could be tried. */
  readonly isLast: boolean;
}

@Injectable()
export class CodeGuesses {
  constructor(
    private readonly budget: GuessBudget,
    private readonly lanes: GuessLanes,
    private readonly config: Config,
  ) {}

  /**
   * @param authenticators how many could have made the code: each of them makes a guess more likely to be right
   * @throws Refusal `too_many_attempts` for a while, `totp_closed` for good; nothing is charged then
   */
  async charge(userId: string, authenticators: number): Promise<CodeCharge> {
    if (this.config.RATE_LIMITS === 'off') return { charge: undefined, failures: 0, isLast: false };
    const lane = await this.laneFor(authenticators);
    const charge = await this.budget.charge(await this.budget.accountOf('otp', userId), [lane], 'factor');
    if (!('lanes' in charge)) {
      if (charge.isClosed) throw new Refusal('totp_closed');
      throw new Refusal('too_many_attempts', { retryAfter: charge.retryAfter });
    }
    const [failures = 0] = charge.failures;
    return { charge, failures, isLast: failures === lane.closesAt };
  }

  /** Nothing was verified. */
  async giveBack({ charge }: CodeCharge): Promise<void> {
    if (charge) await this.budget.giveBack(charge);
  }

  /** @param guesses how many the sign-in took that has succeeded, the right one included */
  async forgive({ charge }: CodeCharge, guesses: number): Promise<void> {
    if (charge) await this.budget.forgive(charge, guesses);
  }

  /** In the transaction of an act that only the owner can do, and not often: the use of a recovery code, a new factor. */
  async reopen(tx: Transaction, userId: string): Promise<void> {
    await this.budget.clearIn(tx, await this.budget.accountOf('otp', userId), [await this.laneFor(1)]);
  }

  private async laneFor(authenticators: number): Promise<Lane> {
    const { GUESSES_FREE_NETWORK: free, GUESSES_MAX } = this.config;
    return { ...(await this.lanes.ofAll()), free, closesAt: Math.ceil(GUESSES_MAX / authenticators) };
  }
}
