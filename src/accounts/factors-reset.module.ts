import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { FactorRemovalModule } from '../factors/factor-removal.module.js';
import { UnlockModule } from '../limits/unlock.module.js';
import { MailModule } from '../mail/mail.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEndModule } from '../sessions/session-end.module.js';
import { UsersModule } from '../users/users.module.js';
import { FactorsResetEffects } from './factors-reset-effects.js';
import { FactorsReset } from './factors-reset.js';

@Module({
  imports: [
    ...[AuditModule, FactorRemovalModule, MailModule, RevocationModule],
    ...[SessionEndModule, UnlockModule, UsersModule],
  ],
  providers: [FactorsReset, FactorsResetEffects],
  exports: [FactorsReset],
})
export class FactorsResetModule {}
