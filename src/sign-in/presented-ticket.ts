// Finds the ticket that a request presents: in the body, or over cookies in its cookie. A ticket stays with its transport:
// one of a cookie is worth nothing in a body.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../errors.js';
import { FactorCookie } from '../factors/factor-cookie.js';
import { FactorTickets, type Ticket } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';

const purposes = ['sign_in', 'reauthenticate'] as const;

@Injectable()
export class PresentedTicket {
  constructor(
    private readonly tickets: FactorTickets,
    private readonly cookie: FactorCookie,
  ) {}

  /** Counts an attempt. @throws Refusal `factor_ticket_invalid` */
  take(given: string | undefined, exchange: Exchange): Promise<Ticket> {
    return this.good(given, exchange, (text) => this.tickets.take(text, purposes));
  }

  /** Counts nothing. @throws Refusal `factor_ticket_invalid` */
  look(given: string | undefined, exchange: Exchange): Promise<Ticket> {
    return this.good(given, exchange, (text) => this.tickets.look(text, purposes));
  }

  private async good(
    given: string | undefined,
    { request }: Exchange,
    find: (text: string) => Promise<Ticket | undefined>,
  ): Promise<Ticket> {
    const text = given ?? this.cookie.of(request);
    const ticket = text === undefined ? undefined : await find(text);
    const transport = given === undefined ? 'cookie' : 'bearer';
    if (ticket?.transport !== transport) throw new Refusal('factor_ticket_invalid');
    return ticket;
  }
}
