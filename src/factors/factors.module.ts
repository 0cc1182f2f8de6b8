import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { DueFactors } from './due-factors.js';
import { EnrolCookie } from './enrol-cookie.js';
import { FactorChecks } from './factor-checks.js';
import { FactorCookie } from './factor-cookie.js';
import { FactorFailures } from './factor-failures.js';
import { FactorTickets } from './factor-tickets.js';
import { FactorsPurge } from './factors-purge.js';
import { PasskeyFactor } from './passkeys/passkey-factor.js';
import { PasskeysModule } from './passkeys/passkeys.module.js';
import { RecoveryCodeCheck } from './recovery-code-check.js';
import { RecoveryCodes } from './recovery-codes.js';
import { TotpAuthenticators } from './totp-authenticators.js';
import { TotpCheck } from './totp-check.js';

const checks = [FactorChecks, FactorFailures, PasskeyFactor, RecoveryCodeCheck, TotpCheck];
const kept = [DueFactors, EnrolCookie, FactorCookie, FactorTickets, RecoveryCodes, TotpAuthenticators];

@Module({
  imports: [AuditModule, KeysModule, LimitsModule, PasskeysModule, RequestedMailModule],
  providers: [...checks, ...kept, FactorsPurge],
  exports: [...checks, ...kept],
})
export class FactorsModule {}
