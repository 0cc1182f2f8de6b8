import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { CostsHash } from '../../http/costs-hash.js';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { assertConfirmed } from '../../revocation/confirmation.js';
import { emailAddress } from '../../users/email.js';
import { PasswordReset } from './password-reset.js';

const forgotBody = z.strictObject({ email: emailAddress });
const resetBody = z.strictObject({ token: z.string(), newPassword: z.string() });

@Controller('auth/password')
export class RecoveryController {
  constructor(
    private readonly requestedMail: RequestedMail,
    private readonly passwordReset: PasswordReset,
  ) {}

  @Documented({
    under: 'Registration',
    does: 'Mails a link that sets a new password',
    answers: { 202: { says: 'Always, whether or not the address has an account.' } },
    refuses: ['too_many_attempts', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post('forgot')
  @HttpCode(202)
  async forgot(
    @Body({ schema: forgotBody }) { email }: z.output<typeof forgotBody>,
    @On() exchange: Exchange,
  ): Promise<void> {
    await this.requestedMail.ask('reset', email, exchange);
  }

  @Documented({
    under: 'Mailed links',
    does: 'Sets a new password by the token of a mailed link, and ends every session',
    answers: { 204: { says: 'The password is new; nobody is signed in.' } },
    refuses: ['token_invalid', 'password_rejected', 'too_many_attempts', 'revocation_unconfirmed', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @CostsHash()
  @Post('reset')
  @HttpCode(204)
  async reset(
    @Body({ schema: resetBody }) { token, newPassword }: z.output<typeof resetBody>,
    @On() exchange: Exchange,
  ): Promise<void> {
    assertConfirmed(await this.passwordReset.reset(token, newPassword, exchange));
  }
}
