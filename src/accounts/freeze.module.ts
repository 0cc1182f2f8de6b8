import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEndModule } from '../sessions/session-end.module.js';
import { OneTimeTokensModule } from '../tokens/one-time-tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { FreezeEffects } from './freeze-effects.js';
import { FreezeController } from './freeze.controller.js';
import { Freeze } from './freeze.js';

@Module({
  imports: [AuditModule, LimitsModule, OneTimeTokensModule, RevocationModule, SessionEndModule, UsersModule],
  controllers: [FreezeController],
  providers: [Freeze, FreezeEffects],
})
export class FreezeModule {}
