import { Module } from '@nestjs/common';
import { HttpModule } from '../http/http.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { SignIn } from './sign-in.js';
import { TokenAnswer } from './token-answer.js';

@Module({
  imports: [HttpModule, LimitsModule, SessionsModule, TokensModule],
  providers: [SignIn, TokenAnswer],
  exports: [SignIn, TokenAnswer],
})
export class SignInModule {}
