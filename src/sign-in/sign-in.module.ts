import { Module } from '@nestjs/common';
import { HttpModule } from '../http/http.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { NewDevice } from './new-device.js';
import { SignIn } from './sign-in.js';
import { TokenAnswer } from './token-answer.js';

@Module({
  imports: [HttpModule, LimitsModule, RequestedMailModule, SessionsModule, TokensModule],
  providers: [NewDevice, SignIn, TokenAnswer],
  exports: [SignIn, TokenAnswer],
})
export class SignInModule {}
