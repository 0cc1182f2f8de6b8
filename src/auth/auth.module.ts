import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { HttpModule } from '../http/http.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenGuard } from './access-token.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LoginController } from './login.controller.js';
import { LogoutController } from './logout.controller.js';
import { MeController } from './me.controller.js';
import { PasswordController } from './password.controller.js';
import { PresentedToken } from './presented-token.js';
import { RefreshController } from './refresh.controller.js';
import { SignIn } from './sign-in.js';
import { TokenAnswer } from './token-answer.js';

@Module({
  imports: [CredentialsModule, HttpModule, KeysModule, RevocationModule, SessionsModule, TokensModule, UsersModule],
  controllers: [LoginController, RefreshController, LogoutController, MeController, PasswordController],
  providers: [JwtStrategy, PresentedToken, SignIn, TokenAnswer, { provide: APP_GUARD, useClass: AccessTokenGuard }],
})
export class AuthModule {}
