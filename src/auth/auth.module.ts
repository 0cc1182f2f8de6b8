import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { HttpModule } from '../http/http.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenGuard } from './access-token.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LogoutController } from './logout.controller.js';
import { Logout } from './logout.js';
import { MeController } from './me.controller.js';
import { RefreshController } from './refresh.controller.js';

@Module({
  imports: [HttpModule, RevocationModule, SessionsModule, SignInModule, TokensModule, UsersModule],
  controllers: [RefreshController, LogoutController, MeController],
  providers: [JwtStrategy, Logout, { provide: APP_GUARD, useClass: AccessTokenGuard }],
})
export class AuthModule {}
