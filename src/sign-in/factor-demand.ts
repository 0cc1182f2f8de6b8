// Asks for the second factor where one is due: gives out a ticket instead of a session.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../errors.js';
import { DueFactors } from '../factors/due-factors.js';
import { FactorCookie } from '../factors/factor-cookie.js';
import { FactorTickets, type Waiting } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';
import type { ProvenUser } from '../sessions/sessions.js';

@Injectable()
export class FactorDemand {
  constructor(
    private readonly due: DueFactors,
    private readonly tickets: FactorTickets,
    private readonly cookie: FactorCookie,
  ) {}

  /**
   * @param waiting what goes on once the factor is there
   * @returns whether nothing is due; undefined if the user changed since the proof: prove again
   * @throws Refusal `second_factor_required`
   */
  async meet(user: ProvenUser, waiting: Waiting, { reply }: Exchange): Promise<true | undefined> {
    if (waiting.methods.includes('mfa')) return true;
    const methods = await this.due.of(user.id);
    if (methods.length === 0) return true;
    const ticket = await this.tickets.issue(user, waiting);
    if (!ticket) return undefined;
    const isCookie = waiting.transport === 'cookie';
    const { text, expiresAt, lifeSeconds } = ticket;
    if (isCookie) this.cookie.write(reply, text, lifeSeconds);
    throw new Refusal('second_factor_required', {
      members: { methods, expiresAt: expiresAt.toISOString(), ...(isCookie ? {} : { ticket: text }) },
      ...(waiting.purpose === 'reauthenticate' ? { session: 'keep' as const } : {}),
    });
  }
}
