import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { DpopModule } from '../dpop/dpop.module.js';
import { HttpModule } from '../http/http.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { AccessTokens } from './access-tokens.js';
import { BrowserSession } from './browser-session.js';
import { PresentedToken } from './presented-token.js';
import { TokenPossession } from './token-possession.js';
import { TokenVerification } from './token-verification.js';

@Module({
  imports: [JwtModule.register({}), DpopModule, HttpModule, KeysModule],
  providers: [AccessTokens, BrowserSession, PresentedToken, TokenPossession, TokenVerification],
  exports: [AccessTokens, BrowserSession, PresentedToken, TokenPossession, TokenVerification],
})
export class TokensModule {}
