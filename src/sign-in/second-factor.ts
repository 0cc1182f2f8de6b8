// Goes on with a sign-in that waits for its second factor: takes an attempt of the ticket, checks the factor, and uses
// both up in the transaction that starts the session.
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import type { Passed } from '../factors/factor-check.js';
import { FactorChecks, type GivenFactor } from '../factors/factor-checks.js';
import { FactorCookie } from '../factors/factor-cookie.js';
import { FactorFailures } from '../factors/factor-failures.js';
import { FactorTickets, type Spending, type Ticket } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';
import { Continuation } from './continuation.js';
import { PresentedTicket } from './presented-ticket.js';
import type { IssuedAnswer } from './token-answer.js';

interface Given extends GivenFactor {
  /** Over cookies it is in the cookie. */
  readonly ticket?: string | undefined;
  readonly deviceToken?: string | undefined;
}

@Injectable()
export class SecondFactor {
  constructor(
    private readonly presented: PresentedTicket,
    private readonly tickets: FactorTickets,
    private readonly cookie: FactorCookie,
    private readonly checks: FactorChecks,
    private readonly failures: FactorFailures,
    private readonly continuation: Continuation,
  ) {}

  /**
   * @returns the body of the answer; cookies are set on the reply
   * @throws Refusal `factor_ticket_invalid`, `invalid_credentials`; whatever the check of the factor throws
   */
  async complete(given: Given, exchange: Exchange): Promise<IssuedAnswer> {
    const ticket = await this.presented.take(given.ticket, exchange);
    const passed = await this.checks.of(ticket, given, exchange);
    let spending: Spending = 'gone';
    const first = async (tx: Transaction) => {
      spending = await this.tickets.spend(tx, ticket, passed.settle);
      return typeof spending === 'object';
    };
    const answer = await this.continuation.of(ticket, passed, { first, deviceToken: given.deviceToken }, exchange);
    return this.finished(answer, spending, { ticket, passed, exchange });
  }

  private async finished(
    answer: IssuedAnswer | undefined,
    spending: Spending,
    { ticket, passed, exchange }: { ticket: Ticket; passed: Passed; exchange: Exchange },
  ): Promise<IssuedAnswer> {
    if (spending === 'refused') return this.failures.refuse(ticket, { kind: passed.kind, reason: 'used' }, exchange);
    if (!answer || spending === 'gone') throw new Refusal('factor_ticket_invalid');
    if (ticket.transport === 'cookie') this.cookie.clear(exchange.reply);
    await passed.settled?.(spending.attempts);
    return answer;
  }
}
