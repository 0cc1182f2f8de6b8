// Goes on with a sign-in that waits for its second factor: takes an attempt of the ticket, checks the factor, and uses
// both up in the transaction that starts the session.
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import type { Passed } from '../factors/factor-check.js';
import { FactorCookie } from '../factors/factor-cookie.js';
import { FactorFailures } from '../factors/factor-failures.js';
import { FactorTickets, type Spending, type Ticket } from '../factors/factor-tickets.js';
import { RecoveryCodeCheck } from '../factors/recovery-code-check.js';
import { TotpCheck } from '../factors/totp-check.js';
import type { Exchange } from '../http/exchange.js';
import { Continuation } from './continuation.js';
import type { IssuedAnswer } from './token-answer.js';

interface Given {
  /** Over cookies it is in the cookie. */
  readonly ticket?: string | undefined;
  readonly deviceToken?: string | undefined;
  readonly totp?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

@Injectable()
export class SecondFactor {
  constructor(
    private readonly tickets: FactorTickets,
    private readonly cookie: FactorCookie,
    private readonly totp: TotpCheck,
    private readonly recoveryCode: RecoveryCodeCheck,
    private readonly failures: FactorFailures,
    private readonly continuation: Continuation,
  ) {}

  /**
   * @returns the body of the answer; cookies are set on the reply
   * @throws Refusal `factor_ticket_invalid`, `invalid_credentials`; whatever the check of the factor throws
   */
  async complete(given: Given, exchange: Exchange): Promise<IssuedAnswer> {
    const ticket = await this.take(given, exchange);
    const passed = await this.check(ticket, given, exchange);
    let spending: Spending = 'gone';
    const first = async (tx: Transaction) => {
      spending = await this.tickets.spend(tx, ticket, passed.settle);
      return typeof spending === 'object';
    };
    const answer = await this.continuation.of(ticket, passed, { first, deviceToken: given.deviceToken }, exchange);
    return this.finished(answer, spending, { ticket, passed, exchange });
  }

  /** A ticket stays with its transport: one of a cookie is worth nothing in a body. */
  private async take({ ticket: given }: Given, { request }: Exchange): Promise<Ticket> {
    const text = given ?? this.cookie.of(request);
    const ticket = text === undefined ? undefined : await this.tickets.take(text, ['sign_in', 'reauthenticate']);
    const transport = given === undefined ? 'cookie' : 'bearer';
    if (ticket?.transport !== transport) throw new Refusal('factor_ticket_invalid');
    return ticket;
  }

  private check(ticket: Ticket, { totp, recoveryCode }: Given, exchange: Exchange): Promise<Passed> {
    if (totp !== undefined) return this.totp.check(ticket, totp, exchange);
    return this.recoveryCode.check(ticket, recoveryCode ?? '', exchange);
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
