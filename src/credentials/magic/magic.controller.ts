import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { transports } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import { Documented, signInCookies } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { StartsSession } from '../../http/starts-session.decorator.js';
import { MAX_DEVICE_TOKEN } from '../../limits/devices.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { SignIn } from '../../sign-in/sign-in.js';
import { type IssuedAnswer, issuedAnswer } from '../../sign-in/token-answer.js';
import { emailAddress } from '../../users/email.js';
import { MagicProof } from './magic-proof.js';

const requestBody = z.strictObject({ email: emailAddress });
const magicBody = z.strictObject({
  token: z.string(),
  remember: z.boolean().default(false),
  transport: z.enum(transports).default('cookie'),
  deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
});

@Controller('auth/magic')
export class MagicController {
  constructor(
    private readonly requestedMail: RequestedMail,
    private readonly magicProof: MagicProof,
    private readonly signIn: SignIn,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Mails a link that signs in',
    answers: { 202: { says: 'Always, whether or not the address has an account.' } },
    refuses: ['not_found', 'too_many_attempts', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post('request')
  @HttpCode(202)
  async request(
    @Body({ schema: requestBody }) { email }: z.output<typeof requestBody>,
    @On() exchange: Exchange,
  ): Promise<void> {
    this.assertOn();
    await this.requestedMail.ask('magic', email, exchange);
  }

  @Documented({
    under: 'Signing in',
    does: 'Signs in by the token of a mailed link',
    answers: { 200: { says: 'Signed in.', body: issuedAnswer, cookies: signInCookies } },
    refuses: [
      'not_found',
      'token_invalid',
      'second_factor_required',
      'enrolment_required',
      'too_many_attempts',
      'unavailable',
    ],
    refusalCookies: ['factor', 'enrol'],
  })
  @Public()
  @StartsSession()
  @Post()
  @HttpCode(200)
  async follow(
    @Body({ schema: magicBody }) body: z.output<typeof magicBody>,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    this.assertOn();
    const { token, remember: persistent, transport, deviceToken } = body;
    const wish = { transport, persistent, deviceToken };
    this.signIn.assertBound(wish, exchange); // before the link is used up
    const prove = await this.magicProof.by(token, exchange.caller);
    return this.signIn.complete(prove, wish, exchange);
  }

  /** @throws Refusal `not_found`, as for a route that does not exist */
  private assertOn(): void {
    if (this.config.MAGIC_LINKS === 'off') throw new Refusal('not_found');
  }
}
