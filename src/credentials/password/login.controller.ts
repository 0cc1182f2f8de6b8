import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { transports } from '../../database/schema/vocabularies.js';
import { CostsHash } from '../../http/costs-hash.js';
import { Documented, signInCookies } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { Public } from '../../http/public.decorator.js';
import { StartsSession } from '../../http/starts-session.decorator.js';
import { MAX_DEVICE_TOKEN } from '../../limits/devices.js';
import { SignIn } from '../../sign-in/sign-in.js';
import { type IssuedAnswer, issuedAnswer } from '../../sign-in/token-answer.js';
import { emailAddress } from '../../users/email.js';
import { PasswordProof } from './password-proof.js';

const loginBody = z.strictObject({
  email: emailAddress,
  password: z.string(),
  remember: z.boolean().default(false),
  transport: z.enum(transports).default('cookie'),
  deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
});

@Controller('auth')
export class LoginController {
  constructor(
    private readonly passwordProof: PasswordProof,
    private readonly signIn: SignIn,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Signs in by password',
    answers: { 200: { says: 'Signed in.', body: issuedAnswer, cookies: signInCookies } },
    refuses: [
      'invalid_credentials',
      'second_factor_required',
      'enrolment_required',
      'email_unverified',
      'too_many_attempts',
      'unavailable',
    ],
    refusalCookies: ['factor', 'enrol'],
  })
  @Public()
  @StartsSession()
  @CostsHash()
  @Post('login')
  @HttpCode(200)
  login(
    @Body({ schema: loginBody }) body: z.output<typeof loginBody>,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    const { remember: persistent, transport, deviceToken } = body;
    const prove = () => this.passwordProof.prove(body, exchange);
    return this.signIn.complete(prove, { transport, persistent, deviceToken }, exchange);
  }
}
