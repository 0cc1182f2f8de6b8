// Checks the code of an authenticator app: charges the user's budget, verifies, and says how the code is used up.
import { Injectable } from '@nestjs/common';
import type { Exchange } from '../http/exchange.js';
import { type CodeCharge, CodeGuesses } from '../limits/code-guesses.js';
import { RequestedMail } from '../mail/requested-mail.js';
import type { Passed } from './factor-check.js';
import { FactorFailures } from './factor-failures.js';
import { FactorTickets, type Ticket } from './factor-tickets.js';
import { type Match, TotpAuthenticators } from './totp-authenticators.js';

/** After so many wrong codes the owner is told: whoever tries them knows the password. */
const TOLD_AT = new Set([3, 10, 30]);

@Injectable()
export class TotpCheck {
  constructor(
    private readonly authenticators: TotpAuthenticators,
    private readonly guesses: CodeGuesses,
    private readonly tickets: FactorTickets,
    private readonly failures: FactorFailures,
    private readonly mail: RequestedMail,
  ) {}

  /** @throws Refusal `invalid_credentials`, `too_many_attempts`, `totp_closed` */
  async check(ticket: Ticket, code: string, exchange: Exchange): Promise<Passed> {
    const { id } = ticket.user;
    const all = await this.authenticators.confirmed(id);
    if (all.length === 0) return this.failures.refuse(ticket, { kind: 'totp', reason: 'none' }, exchange);
    const charge = await this.charge(ticket, all.length);
    let match: Match | undefined;
    try {
      match = this.authenticators.matchIn(id, all, code, ticket.now);
    } catch (error) {
      await this.guesses.giveBack(charge);
      throw error;
    }
    if (!match) return this.refuse(ticket, charge, exchange);
    const right = match;
    return {
      kind: 'totp',
      methods: ['otp', 'mfa'],
      settle: (tx) => this.authenticators.use(tx, id, right),
      settled: (attempts) => this.guesses.forgive(charge, attempts),
    };
  }

  /** What is refused before it is verified takes no attempt of the ticket. */
  private async charge(ticket: Ticket, authenticators: number): Promise<CodeCharge> {
    try {
      return await this.guesses.charge(ticket.user.id, authenticators);
    } catch (error) {
      await this.tickets.giveBack(ticket);
      throw error;
    }
  }

  private async refuse(ticket: Ticket, charge: CodeCharge, exchange: Exchange): Promise<never> {
    const { id: userId, email } = ticket.user;
    const { failures, isLast } = charge;
    const events = isLast ? [{ type: 'factor.closed', userId, failures } as const] : [];
    const mail = isLast || TOLD_AT.has(failures) ? await this.notice(email, exchange) : undefined;
    return this.failures.refuse(ticket, { kind: 'totp', reason: 'wrong_code' }, exchange, { events, mail });
  }

  private notice(email: string, exchange: Exchange) {
    const { ip } = exchange.caller;
    const particulars = { data: ip === null ? {} : { ip }, dedupe: 'wrong_factor' };
    return this.mail.notice('wrong_factor', email, exchange, particulars);
  }
}
