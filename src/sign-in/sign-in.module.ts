import { Module } from '@nestjs/common';
import { FactorsModule } from '../factors/factors.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { HttpModule } from '../http/http.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { Continuation } from './continuation.js';
import { FactorController } from './factor.controller.js';
import { FactorOptionsController } from './factor-options.controller.js';
import { FactorDemand } from './factor-demand.js';
import { NewDevice } from './new-device.js';
import { PresentedTicket } from './presented-ticket.js';
import { SecondFactor } from './second-factor.js';
import { SessionOpening } from './session-opening.js';
import { SignIn } from './sign-in.js';
import { TokenAnswer } from './token-answer.js';

@Module({
  imports: [
    ...[FactorsModule, HttpModule, LimitsModule, PasskeysModule, RequestedMailModule],
    ...[SessionsModule, TokensModule],
  ],
  controllers: [FactorController, FactorOptionsController],
  providers: [
    Continuation,
    FactorDemand,
    NewDevice,
    PresentedTicket,
    SecondFactor,
    SessionOpening,
    SignIn,
    TokenAnswer,
  ],
  exports: [FactorDemand, SessionOpening, SignIn, TokenAnswer],
})
export class SignInModule {}
