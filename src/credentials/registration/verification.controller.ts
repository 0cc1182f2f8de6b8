import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { parseOneTimeToken } from '../../tokens/one-time-token.js';
import { emailAddress } from '../../users/email.js';
import { AddressConfirmation } from '../address/address-confirmation.js';
import { Verification } from './verification.js';

const verifyBody = z.strictObject({ token: z.string() });
const resendBody = z.strictObject({ email: emailAddress });

@Controller('auth/email/verify')
export class VerificationController {
  constructor(
    private readonly verification: Verification,
    private readonly addressConfirmation: AddressConfirmation,
    private readonly requestedMail: RequestedMail,
  ) {}

  /** The address that an account has, or the one that it is to have: the token says which. */
  @Documented({
    under: 'Mailed links',
    does: 'Confirms the address that received the link',
    note: 'The address that an account has, or the one that it is to have: the token says which.',
    answers: { 204: { says: 'Confirmed.' } },
    refuses: ['token_invalid', 'too_many_attempts', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post()
  @HttpCode(204)
  async verify(
    @Body({ schema: verifyBody }) { token }: z.output<typeof verifyBody>,
    @On() exchange: Exchange,
  ): Promise<void> {
    if (parseOneTimeToken(token)?.purpose === 'email') await this.addressConfirmation.confirm(token, exchange);
    else await this.verification.verify(token, exchange.caller);
  }

  @Documented({
    under: 'Registration',
    does: 'Mails the link that verifies an address once more',
    answers: { 202: { says: 'Always, whether or not the address has an account.' } },
    refuses: ['too_many_attempts', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post('resend')
  @HttpCode(202)
  async resend(
    @Body({ schema: resendBody }) { email }: z.output<typeof resendBody>,
    @On() exchange: Exchange,
  ): Promise<void> {
    await this.requestedMail.ask('verify', email, exchange);
  }
}
