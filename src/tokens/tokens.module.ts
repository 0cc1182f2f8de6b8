import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { HttpModule } from '../http/http.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { AccessTokens } from './access-tokens.js';
import { BrowserSession } from './browser-session.js';
import { PresentedToken } from './presented-token.js';
import { TokenVerification } from './token-verification.js';

@Module({
  imports: [JwtModule.register({}), HttpModule, KeysModule],
  providers: [AccessTokens, BrowserSession, PresentedToken, TokenVerification],
  exports: [AccessTokens, BrowserSession, PresentedToken, TokenVerification],
})
export class TokensModule {}
