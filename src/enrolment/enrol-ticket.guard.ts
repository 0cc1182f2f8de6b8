// Lets the holder of an enrol ticket reach the routes that enrol a factor. It runs before the guard of the access token.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import { EnrolCookie } from '../factors/enrol-cookie.js';
import { FactorTickets, type Ticket } from '../factors/factor-tickets.js';
import { requestOf } from '../http/request-of.js';
import { PresentedToken } from '../tokens/presented-token.js';
import { letIn, takesEnrolTicket } from './enroller.js';

@Injectable()
export class EnrolTicketGuard implements CanActivate {
  constructor(
    private readonly tickets: FactorTickets,
    private readonly cookie: EnrolCookie,
    private readonly presented: PresentedToken,
  ) {}

  /** @throws Refusal `factor_ticket_invalid`, `ambiguous_token` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    if (takesEnrolTicket(request)) await this.look(request);
    return true;
  }

  /** A ticket stays with its transport. That of a cookie is newer than the browser's session: it goes before it. */
  private async look(request: FastifyRequest): Promise<void> {
    const token = this.presented.of(request);
    const given = ticketIn(request.body);
    if (given !== undefined) {
      if (token?.transport === 'bearer') throw new Refusal('ambiguous_token');
      letIn(request, (await this.good(given, 'bearer')) ?? refused());
      return;
    }
    if (token?.transport === 'bearer') return;
    const text = this.cookie.of(request);
    if (text === undefined) return;
    const ticket = await this.good(text, 'cookie');
    if (ticket) letIn(request, ticket);
    else if (!token) refused();
  }

  private async good(text: string, transport: Ticket['transport']): Promise<Ticket | undefined> {
    const ticket = await this.tickets.look(text, ['enrol']);
    return ticket?.transport === transport ? ticket : undefined;
  }
}

/** Before the body is validated. */
function ticketIn(body: unknown): string | undefined {
  const ticket = typeof body === 'object' && body !== null && 'ticket' in body ? body.ticket : undefined;
  return typeof ticket === 'string' ? ticket : undefined;
}

function refused(): never {
  throw new Refusal('factor_ticket_invalid');
}
