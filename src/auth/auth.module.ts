import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { DpopModule } from '../dpop/dpop.module.js';
import { KeyProofGuard } from '../dpop/key-proof.guard.js';
import { EnrolTicketGuard } from '../enrolment/enrol-ticket.guard.js';
import { FactorsModule } from '../factors/factors.module.js';
import { HttpModule } from '../http/http.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenGuard } from './access-token.guard.js';
import { AdministratorGuard } from './administrator.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LogoutController } from './logout.controller.js';
import { Logout } from './logout.js';
import { MeController } from './me.controller.js';
import { RecentProofGuard } from './recent-proof.guard.js';
import { RefreshController } from './refresh.controller.js';

@Module({
  imports: [
    ...[AuditModule, DpopModule, FactorsModule, HttpModule, RevocationModule, SessionsModule, SignInModule],
    ...[TokensModule, UsersModule],
  ],
  controllers: [RefreshController, LogoutController, MeController],
  providers: [
    ...[JwtStrategy, Logout],
    // In the order in which they run.
    { provide: APP_GUARD, useClass: EnrolTicketGuard },
    { provide: APP_GUARD, useClass: AccessTokenGuard },
    { provide: APP_GUARD, useClass: AdministratorGuard },
    { provide: APP_GUARD, useClass: RecentProofGuard },
    { provide: APP_GUARD, useClass: KeyProofGuard },
  ],
})
export class AuthModule {}
