// Checks whichever second factor was given.
import { Injectable } from '@nestjs/common';
import type { Exchange } from '../http/exchange.js';
import type { Passed } from './factor-check.js';
import type { Ticket } from './factor-tickets.js';
import type { Assertion } from './passkeys/credentials.js';
import { PasskeyFactor } from './passkeys/passkey-factor.js';
import { RecoveryCodeCheck } from './recovery-code-check.js';
import { TotpCheck } from './totp-check.js';

/** One of them. */
export interface GivenFactor {
  readonly totp?: string | undefined;
  readonly recoveryCode?: string | undefined;
  readonly passkey?: Assertion | undefined;
}

@Injectable()
export class FactorChecks {
  constructor(
    private readonly totpCheck: TotpCheck,
    private readonly recoveryCodeCheck: RecoveryCodeCheck,
    private readonly passkeyFactor: PasskeyFactor,
  ) {}

  /** @throws Refusal `invalid_credentials`, `too_many_attempts`, `totp_closed` */
  of(ticket: Ticket, { totp, recoveryCode, passkey }: GivenFactor, exchange: Exchange): Promise<Passed> {
    if (totp !== undefined) return this.totpCheck.check(ticket, totp, exchange);
    if (passkey !== undefined) return this.passkeyFactor.check(ticket, passkey, exchange);
    return this.recoveryCodeCheck.check(ticket, recoveryCode ?? '', exchange);
  }
}
