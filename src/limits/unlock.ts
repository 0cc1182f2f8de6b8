// Lets a person try again at once: deletes every budget of guesses of their account.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Transaction } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { GuessBudget } from './guess-budget.js';

@Injectable()
export class Unlock {
  constructor(
    private readonly budget: GuessBudget,
    private readonly audit: Audit,
  ) {}

  /** @returns how many lanes of the account have failures */
  count(userId: string): Promise<number> {
    return this.budget.countFailed(userId);
  }

  /** Codes of authenticator apps are tried again, after a reset of the factors. */
  codes(tx: Transaction, userId: string): Promise<void> {
    return this.budget.unlockIn(tx, 'otp', userId);
  }

  /** @returns how many lanes had failures; an account may have none */
  async unlock(userId: string, caller: Caller): Promise<number> {
    const lanes = await this.budget.unlock(userId);
    await this.audit.recordAlone({ type: 'user.unlocked', userId, lanes, by: 'operator' }, caller);
    return lanes;
  }
}
