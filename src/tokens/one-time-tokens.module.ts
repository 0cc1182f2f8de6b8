import { Module } from '@nestjs/common';
import { OneTimeTokens } from './one-time-tokens.js';
import { OneTimeTokensPurge } from './one-time-tokens-purge.js';

@Module({ providers: [OneTimeTokens, OneTimeTokensPurge], exports: [OneTimeTokens] })
export class OneTimeTokensModule {}
