import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import * as z from 'zod';
import { creationOptions } from '../factors/passkeys/answers.js';
import { attestation } from '../factors/passkeys/credentials.js';
import { Documented, signInCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { NeedsRecentProof } from '../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { StartsSession } from '../http/starts-session.decorator.js';
import { passkeyAnswer } from './enrolled-answer.js';
import { type Enroller, Enrolling, enrolTicket, mailedToken, TakesEnrolTicket } from './enroller.js';
import { factorName } from './factor-name.js';
import { type EnrolledPasskey, NewPasskey } from './new-passkey.js';

const optionsBody = z.strictObject({ ticket: enrolTicket }).default({});
const passkeyBody = z.strictObject({
  credential: attestation,
  name: factorName.optional().meta({ description: 'By default the name of its authenticator, where it is known.' }),
  ticket: enrolTicket,
  token: mailedToken,
});

@Controller('auth/factors/passkeys')
export class PasskeysController {
  constructor(private readonly newPasskey: NewPasskey) {}

  @Documented({
    under: 'Second factors',
    does: 'Begins the enrolment of a passkey',
    answers: { 200: { says: 'For `navigator.credentials.create`.', body: creationOptions } },
    refuses: ['factor_ticket_invalid', 'too_many_factors'],
  })
  @TakesEnrolTicket()
  @SkipVerdictCache()
  @NeedsRecentProof({ maySetUpFirst: true })
  @OwnOriginOnly()
  @Post('options')
  @HttpCode(200)
  begin(
    // The guard reads the ticket.
    @Body({ schema: optionsBody }) _: z.output<typeof optionsBody>,
    @Enrolling() enroller: Enroller,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    return this.newPasskey.begin(enroller);
  }

  @Documented({
    under: 'Second factors',
    does: 'Enrols a passkey, and ends every other session',
    note: 'With a ticket it is the last step of a sign-in, and the answer has the tokens of the session, too.',
    answers: {
      201: {
        says: 'Enrolled. The first factor brings recovery codes, which are shown this once.',
        body: passkeyAnswer,
        cookies: signInCookies,
      },
    },
    refuses: [
      ...(['passkey_rejected', 'too_many_factors', 'factor_ticket_invalid', 'enrolment_token_required'] as const),
      ...(['token_invalid', 'too_many_attempts'] as const),
    ],
  })
  @TakesEnrolTicket()
  @SkipVerdictCache()
  @NeedsRecentProof({ maySetUpFirst: true })
  @OwnOriginOnly()
  @StartsSession()
  @Post()
  complete(
    @Body({ schema: passkeyBody }) body: z.output<typeof passkeyBody>,
    @Enrolling() enroller: Enroller,
    @On() exchange: Exchange,
  ): Promise<EnrolledPasskey> {
    return this.newPasskey.complete(enroller, body, exchange);
  }
}
