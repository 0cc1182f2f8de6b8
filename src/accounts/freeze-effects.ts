// Ends every session of a frozen account and pages somebody, in the transaction of the freeze.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import type { Transaction } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd } from '../sessions/session-end.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.js';

@Injectable()
export class FreezeEffects {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly tokens: OneTimeTokens,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
  ) {}

  async follow(tx: Transaction, userId: string, caller: Caller): Promise<Confirmation> {
    await this.tokens.kill(tx, userId, ['verify', 'reset', 'email', 'magic', 'invite', 'device', 'enrol']);
    const sessions = await this.sessionEnd.mark(tx, userId, sql`true`, 'frozen', caller);
    const confirmation = await this.revocations.end(tx, { users: [userId], sessions });
    await this.audit.recordAlert(tx, { type: 'account.frozen', userId, sessions: sessions.length }, caller);
    return confirmation;
  }
}
