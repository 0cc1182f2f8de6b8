// Ends every session of a user whose second factors were removed by an operator, in the transaction of the act, and lets
// codes be tried again that were closed.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Clock } from '../clock.js';
import type { Transaction } from '../database/database.js';
import { Unlock } from '../limits/unlock.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd } from '../sessions/session-end.js';
import { type Act, noteOf } from './act.js';

interface Done {
  readonly userId: string;
  readonly factors: number;
}

@Injectable()
export class FactorsResetEffects {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly unlock: Unlock,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** @returns with the time, for the mail */
  async follow(tx: Transaction, done: Done, act: Act) {
    const { userId } = done;
    const sessions = await this.sessionEnd.mark(tx, userId, sql`true`, 'operator', act.caller);
    const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
    await this.unlock.codes(tx, userId);
    await this.audit.record(tx, [{ type: 'factors.reset', ...done, ...noteOf(act) }], act.caller);
    return { confirmation, at: this.clock.now().toISOString() };
  }
}
