// What a ticket stands for, once its second factor is there: a new session, or the session of the caller with a new proof.
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Passed } from '../factors/factor-check.js';
import type { Ticket } from '../factors/factor-tickets.js';
import type { Exchange } from '../http/exchange.js';
import { Reauthentication } from '../sessions/reauthentication.js';
import { NewDevice } from './new-device.js';
import { SessionOpening } from './session-opening.js';
import { type IssuedAnswer, TokenAnswer } from './token-answer.js';

interface Means {
  /** Uses up ticket and factor, in the transaction of the session. */
  readonly first: (tx: Transaction) => Promise<boolean>;
  readonly deviceToken: string | undefined;
}

@Injectable()
export class Continuation {
  constructor(
    private readonly opening: SessionOpening,
    private readonly reauthentication: Reauthentication,
    private readonly answer: TokenAnswer,
    private readonly newDevice: NewDevice,
  ) {}

  /** @returns undefined if `first` refused, or the user or the session changed meanwhile */
  async of(ticket: Ticket, passed: Passed, means: Means, exchange: Exchange): Promise<IssuedAnswer | undefined> {
    const { user, purpose, transport, persistent, replaces, sessionId, upstreamSignInId } = ticket;
    const { first, deviceToken } = means;
    const methods = [...new Set([...ticket.methods, ...passed.methods])];
    if (purpose === 'reauthenticate') {
      const proof = { user, sessionId: sessionId ?? '', transport, methods, first };
      const issued = await this.reauthentication.of(proof, exchange.caller);
      return issued && this.answer.write(issued, exchange);
    }
    const alongside = await this.newDevice.notice(user, exchange, deviceToken);
    const effects = { replaces, alongside, first };
    return this.opening.open(
      { user, methods, upstreamSignInId },
      { transport, persistent, deviceToken },
      exchange,
      effects,
    );
  }
}
