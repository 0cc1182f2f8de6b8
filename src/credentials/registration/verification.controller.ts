import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { type Caller, From } from '../../http/caller.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { emailAddress } from '../../users/email.js';
import { Verification } from './verification.js';

const verifyBody = z.strictObject({ token: z.string() });
const resendBody = z.strictObject({ email: emailAddress });

@Controller('auth/email/verify')
export class VerificationController {
  constructor(
    private readonly verification: Verification,
    private readonly requestedMail: RequestedMail,
  ) {}

  @Public()
  @OwnOriginOnly()
  @Post()
  @HttpCode(204)
  async verify(
    @Body({ schema: verifyBody }) { token }: z.output<typeof verifyBody>,
    @From() caller: Caller,
  ): Promise<void> {
    await this.verification.verify(token, caller);
  }

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
