// Lets a person try again at once: deletes every budget of guesses of their account.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
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

  /** @returns how many lanes had failures; an account may have none */
  async unlock(userId: string, caller: Caller): Promise<number> {
    const lanes = await this.budget.unlock(userId);
    await this.audit.recordAlone({ type: 'user.unlocked', userId, lanes, by: 'operator' }, caller);
    return lanes;
  }
}
