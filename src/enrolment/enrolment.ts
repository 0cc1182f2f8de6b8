// Completes the enrolment of a factor: of a signed-in user, or as the last step of a sign-in that needs one.
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Refusal } from '../errors.js';
import { FactorTickets, type Ticket } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';
import { SessionOpening } from '../sign-in/session-opening.js';
import type { IssuedAnswer } from '../sign-in/token-answer.js';
import { AfterReset } from './after-reset.js';
import type { Enroller } from './enroller.js';
import { NewFactor, type Wanted } from './new-factor.js';

interface Codes {
  /** With the first factor. Nobody can read them again. */
  readonly recoveryCodes?: readonly string[];
}

export type Completed = Codes | (IssuedAnswer & Codes);

@Injectable()
export class Enrolment {
  constructor(
    private readonly database: Database,
    private readonly newFactor: NewFactor,
    private readonly afterReset: AfterReset,
    private readonly tickets: FactorTickets,
    private readonly opening: SessionOpening,
  ) {}

  /**
   * Redis need not confirm the end of the other sessions: an answer with recovery codes must not be lost for that, and the
   * outbox retries it.
   * @returns the body of the answer: for the holder of a ticket with the tokens of their session
   * @throws Refusal `enrolment_token_required`, `token_invalid`, `factor_ticket_invalid`, `token_revoked`,
   *   `reauthentication_required`, `too_many_attempts`; what `wanted.stale` makes
   */
  complete(enroller: Enroller, wanted: Wanted, exchange: Exchange): Promise<Completed> {
    const { userId, ticket, session } = enroller;
    return this.afterReset.withToken(userId, wanted.token, exchange.caller, async () => {
      if (ticket) return this.signIn(ticket, wanted, exchange);
      const whose = { userId, keeps: session.sessionId, methods: session.methods };
      const recoveryCodes = await inTransaction(this.database, (tx) =>
        this.newFactor.write(tx, whose, wanted, exchange),
      );
      return recoveryCodes ? { recoveryCodes } : {};
    });
  }

  /** The session starts in the transaction that spends the ticket and writes the factor. */
  private async signIn(ticket: Ticket, wanted: Wanted, exchange: Exchange): Promise<Completed> {
    const { user, transport, persistent, replaces, upstreamSignInId } = ticket;
    let recoveryCodes: readonly string[] | undefined;
    const first = async (tx: Transaction) => {
      const spending = await this.tickets.spend(tx, ticket, () => Promise.resolve(true));
      if (typeof spending === 'string') return false;
      const whose = { userId: user.id, keeps: undefined, methods: ticket.methods };
      recoveryCodes = await this.newFactor.write(tx, whose, wanted, exchange);
      return true;
    };
    const methods = [...new Set([...ticket.methods, ...wanted.methods])];
    const proof = { user: afterChange(user), methods, upstreamSignInId };
    const answer = await this.opening.open(proof, { transport, persistent }, exchange, { replaces, first });
    if (!answer) throw new Refusal('factor_ticket_invalid');
    return { ...answer, ...(recoveryCodes ? { recoveryCodes } : {}) };
  }
}

/** The counters as the enrolment leaves them (users/user-factors.ts), under the lock that the ticket was checked with. */
const afterChange = ({ credentialVersion, sessionEpoch, ...user }: Ticket['user']): Ticket['user'] => ({
  ...user,
  credentialVersion: credentialVersion + 1,
  sessionEpoch: sessionEpoch + 1,
});
