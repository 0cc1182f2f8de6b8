// Checks a recovery code. It has 120 random bits: nobody guesses one, and none is charged for.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Transaction } from '../database/database.js';
import type { Exchange } from '../http/exchange.js';
import { CodeGuesses } from '../limits/code-guesses.js';
import { RequestedMail } from '../mail/requested-mail.js';
import type { Passed } from './factor-check.js';
import { FactorFailures } from './factor-failures.js';
import type { Ticket } from './factor-tickets.js';
import { hashOfRecoveryCode } from './recovery-code.js';
import { RecoveryCodes } from './recovery-codes.js';

@Injectable()
export class RecoveryCodeCheck {
  constructor(
    private readonly codes: RecoveryCodes,
    private readonly guesses: CodeGuesses,
    private readonly failures: FactorFailures,
    private readonly mail: RequestedMail,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_credentials` */
  async check(ticket: Ticket, code: string, exchange: Exchange): Promise<Passed> {
    const { id } = ticket.user;
    const hash = hashOfRecoveryCode(id, code);
    if (!hash || !(await this.codes.has(id, hash)))
      return this.failures.refuse(ticket, { kind: 'recovery_code', reason: 'wrong_code' }, exchange);
    return {
      kind: 'recovery_code',
      methods: ['otp', 'mfa'],
      settle: (tx) => this.use(tx, ticket, hash, exchange),
    };
  }

  /** Its owner is told, and may use the codes of an app again. */
  private async use(tx: Transaction, { user }: Ticket, hash: Buffer, exchange: Exchange): Promise<boolean> {
    const { id: userId, email } = user;
    const left = await this.codes.use(tx, userId, hash);
    if (left === undefined) return false;
    await this.guesses.reopen(tx, userId);
    await this.audit.record(tx, [{ type: 'recovery_code.used', userId, left }], exchange.caller);
    await this.mail.queue(tx, 'recovery_code_used', email, exchange, { data: { left: String(left) } });
    return true;
  }
}
