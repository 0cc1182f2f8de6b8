import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { SignInModule } from '../../sign-in/sign-in.module.js';
import { UsersModule } from '../../users/users.module.js';
import { ExchangeController } from './exchange.controller.js';
import { ForeignSessionProof } from './foreign-session-proof.js';

@Module({
  imports: [AuditModule, LimitsModule, SessionsModule, SignInModule, UsersModule],
  controllers: [ExchangeController],
  providers: [ForeignSessionProof],
})
export class ExchangeModule {}
