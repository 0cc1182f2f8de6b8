import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { FactorRemovalModule } from '../factors/factor-removal.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { OneTimeTokensModule } from '../tokens/one-time-tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AfterReset } from './after-reset.js';
import { Enrolment } from './enrolment.js';
import { FactorChangesController } from './factor-changes.controller.js';
import { FactorChanges } from './factor-changes.js';
import { FactorEffects } from './factor-effects.js';
import { NewFactor } from './new-factor.js';
import { RecoveryCodeRenewal } from './recovery-code-renewal.js';
import { RecoveryCodesController } from './recovery-codes.controller.js';
import { NewPasskey } from './new-passkey.js';
import { PasskeysController } from './passkeys.controller.js';
import { TotpController } from './totp.controller.js';
import { TotpEnrolment } from './totp-enrolment.js';

@Module({
  imports: [
    ...[AuditModule, FactorRemovalModule, FactorsModule, LimitsModule, OneTimeTokensModule, PasskeysModule],
    ...[RequestedMailModule, RevocationModule, SessionsModule, SignInModule, UsersModule],
  ],
  controllers: [FactorChangesController, PasskeysController, RecoveryCodesController, TotpController],
  providers: [
    ...[AfterReset, Enrolment, FactorChanges, FactorEffects, NewFactor, NewPasskey],
    ...[RecoveryCodeRenewal, TotpEnrolment],
  ],
  exports: [Enrolment, FactorEffects],
})
export class EnrolmentModule {}
