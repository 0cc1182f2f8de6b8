// Asks for the second factor where one is due, and for its enrolment where the role needs one: gives out a ticket instead
// of a session.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { DueFactors } from '../factors/due-factors.js';
import { EnrolCookie } from '../factors/enrol-cookie.js';
import { FactorCookie } from '../factors/factor-cookie.js';
import { FactorTickets, type Waiting } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';
import type { ProvenUser } from '../sessions/sessions.js';
import type { FactorKind } from '../users/held-factors.js';
import type { Proof } from './session-opening.js';

@Injectable()
export class FactorDemand {
  constructor(
    private readonly due: DueFactors,
    private readonly tickets: FactorTickets,
    private readonly cookie: FactorCookie,
    private readonly enrolCookie: EnrolCookie,
    private readonly config: Config,
  ) {}

  /**
   * @param waiting what goes on once the factor is there
   * @returns whether nothing is due; undefined if the user changed since the proof: prove again
   * @throws Refusal `second_factor_required`, `enrolment_required`
   */
  async meet(
    { user, dueFactors }: Pick<Proof, 'user' | 'dueFactors'>,
    waiting: Waiting,
    exchange: Exchange,
  ): Promise<true | undefined> {
    if (waiting.methods.includes('mfa')) return true;
    const methods = dueFactors ?? (await this.due.of(user.id));
    if (methods.length > 0) return this.askFor(methods, user, waiting, exchange);
    const isNeeded = waiting.purpose === 'sign_in' && this.config.MFA_REQUIRED_ROLES.includes(user.role);
    return isNeeded ? this.askToEnrol(user, waiting, exchange) : true;
  }

  /** @throws Refusal `second_factor_required` */
  private async askFor(
    methods: readonly FactorKind[],
    user: ProvenUser,
    waiting: Waiting,
    { reply }: Exchange,
  ): Promise<undefined> {
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

  /** @throws Refusal `enrolment_required` */
  private async askToEnrol(user: ProvenUser, waiting: Waiting, { reply }: Exchange): Promise<undefined> {
    const ticket = await this.tickets.issue(user, { ...waiting, purpose: 'enrol' });
    if (!ticket) return undefined;
    const isCookie = waiting.transport === 'cookie';
    const { text, expiresAt, lifeSeconds } = ticket;
    if (isCookie) this.enrolCookie.write(reply, text, lifeSeconds);
    throw new Refusal('enrolment_required', {
      members: { expiresAt: expiresAt.toISOString(), ...(isCookie ? {} : { ticket: text }) },
    });
  }
}
