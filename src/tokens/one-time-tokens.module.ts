import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { MailedLinks } from './mailed-links.js';
import { OneTimeTokens } from './one-time-tokens.js';
import { OneTimeTokensPurge } from './one-time-tokens-purge.js';

@Module({
  imports: [LimitsModule],
  providers: [MailedLinks, OneTimeTokens, OneTimeTokensPurge],
  exports: [MailedLinks, OneTimeTokens],
})
export class OneTimeTokensModule {}
