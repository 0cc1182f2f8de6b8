// Checks a passkey as second factor. Beside a password possession is enough: a key without PIN will do.
import { Injectable } from '@nestjs/common';
import type { Exchange } from '../../http/exchange.js';
import { uuidBytes } from '../../tokens/checked-text.js';
import type { Passed } from '../factor-check.js';
import { FactorFailures } from '../factor-failures.js';
import type { Ticket } from '../factor-tickets.js';
import type { Assertion } from './credentials.js';
import { PasskeyCheck } from './passkey-check.js';

@Injectable()
export class PasskeyFactor {
  constructor(
    private readonly passkeyCheck: PasskeyCheck,
    private readonly failures: FactorFailures,
  ) {}

  /** @throws Refusal `invalid_credentials` */
  async check(ticket: Ticket, credential: Assertion, exchange: Exchange): Promise<Passed> {
    const { id: userId } = ticket.user;
    const bound = { purpose: 'factor', to: uuidBytes(userId) } as const;
    const claim = { userId, bound, needsVerification: false };
    const asserted = await this.passkeyCheck.check(credential, claim, exchange.caller);
    if (typeof asserted === 'string')
      return this.failures.refuse(ticket, { kind: 'passkey', reason: asserted }, exchange);
    return { kind: 'passkey', methods: ['pop', 'user', 'mfa'], settle: (tx) => asserted.settle(tx) };
  }
}
