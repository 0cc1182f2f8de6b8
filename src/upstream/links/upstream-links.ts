// Connects an account with an identity at a provider, for a signed-in user who has shown a moment ago who they are.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { refreshTokens, users } from '../../database/schema/users-and-sessions.js';
import { FactorEffects } from '../../enrolment/factor-effects.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { isAlive } from '../../sessions/refresh-attempt.js';
import { UserFactors } from '../../users/user-factors.js';
import type { UpstreamAnswer } from '../identities/upstream-answer.js';
import { UpstreamIdentities } from '../identities/upstream-identities.js';

interface NewLink {
  readonly userId: string;
  /** The one that it was begun in. It must be alive, and goes on. */
  readonly sessionId: string;
  readonly answer: UpstreamAnswer;
}

@Injectable()
export class UpstreamLinks {
  constructor(
    private readonly database: Database,
    private readonly identities: UpstreamIdentities,
    private readonly users: UserFactors,
    private readonly effects: FactorEffects,
  ) {}

  /**
   * Ends every other session. An identity that is the user's already changes nothing.
   * @throws Refusal `identity_taken`, `too_many_factors`, `upstream_request_invalid` if the session has ended
   */
  async link({ userId, sessionId, answer }: NewLink, exchange: Exchange): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (!user || !(await isSessionAlive(tx, userId, sessionId))) throw new Refusal('upstream_request_invalid');
      const added = await this.identities.add(tx, userId, answer, answer.email ?? null);
      if (added === 'taken') throw new Refusal('identity_taken');
      if (added === 'full') throw new Refusal('too_many_factors');
      if (added === 'known') return;
      const { id: provider, label } = answer.provider;
      const change = { type: 'identity.linked', provider, label, userId, email: user.email } as const;
      await this.effects.follow(tx, { ...change, keeps: sessionId }, exchange);
    });
  }
}

async function isSessionAlive(tx: Transaction, userId: string, sessionId: string): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    select from ${refreshTokens} s join ${users} u on u.id = s.user_id, protocol_now() as now
     where s.user_id = ${userId} and s.id = ${sessionId} and ${isAlive}`);
  return rows.length === 1;
}
