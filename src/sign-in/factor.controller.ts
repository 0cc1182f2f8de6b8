import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { assertion } from '../factors/passkeys/credentials.js';
import { Documented, signInCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { Public } from '../http/public.decorator.js';
import { StartsSession } from '../http/starts-session.decorator.js';
import { MAX_DEVICE_TOKEN } from '../limits/devices.js';
import { SecondFactor } from './second-factor.js';
import { type IssuedAnswer, issuedAnswer } from './token-answer.js';

const MAX_WRITTEN_CODE = 64;

const factorBody = z
  .strictObject({
    ticket: z.string().optional().meta({ description: 'Of `second_factor_required`; over cookies it is in a cookie.' }),
    deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
    totp: z
      .string()
      .regex(/^\d{6}$/)
      .optional()
      .meta({ description: 'The code that an authenticator app shows.' }),
    recoveryCode: z.string().max(MAX_WRITTEN_CODE).optional(),
    passkey: assertion.optional(),
  })
  .refine(
    ({ totp, recoveryCode, passkey }) =>
      [totp, recoveryCode, passkey].filter((each) => each !== undefined).length === 1,
    { message: 'must hold one factor' },
  );

@Controller('auth/factor')
export class FactorController {
  constructor(private readonly secondFactor: SecondFactor) {}

  @Documented({
    under: 'Signing in',
    does: 'Goes on with a sign-in by its second factor',
    note: 'Exactly one of `totp`, `recoveryCode` and `passkey`. A ticket is good for five minutes, five attempts and one success.',
    answers: {
      200: {
        says: 'Signed in; or, after `POST /auth/reauthenticate`, proven once more.',
        body: issuedAnswer,
        cookies: [...signInCookies, 'factor'],
      },
    },
    refuses: [
      ...(['factor_ticket_invalid', 'invalid_credentials', 'totp_closed'] as const),
      ...(['too_many_attempts', 'unavailable'] as const),
    ],
  })
  @Public()
  @StartsSession()
  @Post()
  @HttpCode(200)
  goOn(
    @Body({ schema: factorBody }) body: z.output<typeof factorBody>,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    return this.secondFactor.complete(body, exchange);
  }
}
