// Hands an answer of a provider over to an app, by a code: what the browser holds, the app does not have.
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { UpstreamSignIns } from '../../sessions/upstream-sign-ins.js';
import { UpstreamAccounts } from '../identities/upstream-accounts.js';
import type { UpstreamAnswer } from '../identities/upstream-answer.js';
import { UpstreamCodes } from './upstream-codes.js';
import type { UpstreamWish } from './upstream-requests.js';

@Injectable()
export class UpstreamHandOver {
  constructor(
    private readonly database: Database,
    private readonly accounts: UpstreamAccounts,
    private readonly signIns: UpstreamSignIns,
    private readonly codes: UpstreamCodes,
  ) {}

  /** @returns the code; @throws whatever refuses the account */
  async codeOf(wish: UpstreamWish, answer: UpstreamAnswer, exchange: Exchange): Promise<string> {
    const { purpose, persistent, appChallenge, sessionId } = wish;
    if (appChallenge === null) throw new Refusal('upstream_request_invalid');
    const who = await this.whoIs(wish, answer, exchange);
    return this.codes.issue({ ...who, purpose, persistent, appChallenge, sessionId });
  }

  /** A link is made when the app exchanges the code, and not before: who it is for, is known from the start. */
  private async whoIs({ purpose, userId }: UpstreamWish, answer: UpstreamAnswer, exchange: Exchange) {
    if (purpose === 'sign_in') return this.accounts.resolve(answer, exchange);
    if (userId === null) throw new Refusal('upstream_request_invalid');
    const { provider, issuer, subject, email: emailSeen, methods, authenticatedAt, sid, idToken } = answer;
    const { maxSessionHours } = provider;
    const named = { issuer, subject, emailSeen, provider: provider.id };
    const kept = { ...named, methods, authenticatedAt, sid, idToken, maxSessionHours };
    return {
      userId,
      signInId: await inTransaction(this.database, (tx) => this.signIns.record(tx, { userId, ...kept })),
    };
  }
}
