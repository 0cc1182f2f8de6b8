import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { RequestedMailModule } from '../../mail/requested-mail.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { SessionEndModule } from '../../sessions/session-end.module.js';
import { OneTimeTokensModule } from '../../tokens/one-time-tokens.module.js';
import { UsersModule } from '../../users/users.module.js';
import { PasswordsModule } from '../password/passwords.module.js';
import { PasswordReset } from './password-reset.js';
import { RecoveryController } from './recovery.controller.js';
import { ResetEffects } from './reset-effects.js';

const below = [AuditModule, LimitsModule, OneTimeTokensModule, PasswordsModule, RequestedMailModule];

@Module({
  imports: [...below, RevocationModule, SessionEndModule, UsersModule],
  controllers: [RecoveryController],
  providers: [PasswordReset, ResetEffects],
})
export class RecoveryModule {}
