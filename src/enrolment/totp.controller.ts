import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import * as z from 'zod';
import { Documented, signInCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { NeedsRecentProof } from '../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { StartsSession } from '../http/starts-session.decorator.js';
import { type Enroller, Enrolling, enrolTicket, mailedToken, TakesEnrolTicket } from './enroller.js';
import { enrolledAnswer } from './enrolled-answer.js';
import type { Completed } from './enrolment.js';
import { factorName } from './factor-name.js';
import { TotpEnrolment } from './totp-enrolment.js';

const id = z.uuid();
const beginBody = z.strictObject({ name: factorName.optional(), ticket: enrolTicket });
const begun = z.object({
  id,
  uri: z.string().meta({ description: '`otpauth://`, for a QR code. It is shown this once.' }),
});
const confirmBody = z.strictObject({ code: z.string().regex(/^\d{6}$/), ticket: enrolTicket, token: mailedToken });

@Controller('auth/factors/totp')
export class TotpController {
  constructor(private readonly totp: TotpEnrolment) {}

  @Documented({
    under: 'Second factors',
    does: 'Makes the seed of an authenticator app, which counts once it is confirmed',
    note: 'An unconfirmed seed dies after ten minutes, or when the next one is made.',
    answers: { 201: { says: 'Made.', body: begun } },
    refuses: ['factor_ticket_invalid', 'too_many_factors'],
  })
  @TakesEnrolTicket()
  @SkipVerdictCache()
  @NeedsRecentProof({ maySetUpFirst: true })
  @OwnOriginOnly()
  @Post()
  begin(
    @Body({ schema: beginBody }) { name }: z.output<typeof beginBody>,
    @Enrolling() enroller: Enroller,
  ): Promise<z.output<typeof begun>> {
    return this.totp.begin(enroller, name);
  }

  @Documented({
    under: 'Second factors',
    does: 'Confirms an authenticator app by its first code, and ends every other session',
    note: 'With a ticket it is the last step of a sign-in, and the answer has the tokens of the session, too.',
    path: { id },
    answers: {
      200: {
        says: 'Confirmed. The first factor brings recovery codes, which are shown this once.',
        body: enrolledAnswer,
        cookies: signInCookies,
      },
    },
    refuses: [
      ...(['invalid_credentials', 'factor_ticket_invalid', 'enrolment_token_required', 'token_invalid'] as const),
      ...(['too_many_attempts', 'not_found'] as const),
    ],
  })
  @TakesEnrolTicket()
  @SkipVerdictCache()
  @NeedsRecentProof({ maySetUpFirst: true })
  @OwnOriginOnly()
  @StartsSession()
  @Post(':id/confirm')
  @HttpCode(200)
  confirm(
    @Param('id') factor: string,
    @Body({ schema: confirmBody }) { code, token }: z.output<typeof confirmBody>,
    @Enrolling() enroller: Enroller,
    @On() exchange: Exchange,
  ): Promise<Completed> {
    return this.totp.confirm(enroller, { id: factor, code, token }, exchange);
  }
}
