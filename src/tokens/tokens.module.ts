import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { KeysModule } from '../keys/keys.module.js';
import { AccessTokens } from './access-tokens.js';
import { TokenVerification } from './token-verification.js';

@Module({
  imports: [JwtModule.register({}), KeysModule],
  providers: [AccessTokens, TokenVerification],
  exports: [AccessTokens, TokenVerification],
})
export class TokensModule {}
