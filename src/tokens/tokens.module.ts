import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { KeysModule } from '../keys/keys.module.js';
import { AccessTokens } from './access-tokens.js';

@Module({ imports: [JwtModule.register({}), KeysModule], providers: [AccessTokens], exports: [AccessTokens] })
export class TokensModule {}
