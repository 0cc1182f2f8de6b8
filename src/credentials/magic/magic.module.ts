import { Module } from '@nestjs/common';
import { LimitsModule } from '../../limits/limits.module.js';
import { RequestedMailModule } from '../../mail/requested-mail.module.js';
import { SignInModule } from '../../sign-in/sign-in.module.js';
import { OneTimeTokensModule } from '../../tokens/one-time-tokens.module.js';
import { UsersModule } from '../../users/users.module.js';
import { MagicProof } from './magic-proof.js';
import { MagicController } from './magic.controller.js';

@Module({
  imports: [LimitsModule, OneTimeTokensModule, RequestedMailModule, SignInModule, UsersModule],
  controllers: [MagicController],
  providers: [MagicProof],
})
export class MagicModule {}
