import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { transports } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import { Documented, signInCookies } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { Public } from '../../http/public.decorator.js';
import { StartsSession } from '../../http/starts-session.decorator.js';
import { MAX_DEVICE_TOKEN } from '../../limits/devices.js';
import { MAX_FOREIGN_TOKEN } from '../../sessions/foreign-sessions.js';
import { SignIn } from '../../sign-in/sign-in.js';
import { type IssuedAnswer, issuedAnswer } from '../../sign-in/token-answer.js';
import { ForeignSessionProof } from './foreign-session-proof.js';

const body = z.strictObject({
  token: z.string().min(1).max(MAX_FOREIGN_TOKEN),
  remember: z.boolean().default(false),
  transport: z.enum(transports).default('cookie'),
  deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
});

@Controller('auth/exchange')
export class ExchangeController {
  constructor(
    private readonly proof: ForeignSessionProof,
    private readonly signIn: SignIn,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Signs in by a session of the system that the person comes from',
    answers: { 200: { says: 'Signed in. The token is used up.', body: issuedAnswer, cookies: signInCookies } },
    refuses: [
      'not_found',
      'foreign_session_invalid',
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
  async exchange(
    @Body({ schema: body }) given: z.output<typeof body>,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    // As for a route that does not exist.
    if (this.config.MIGRATION_ISSUER === undefined) throw new Refusal('not_found');
    const { token, remember: persistent, transport, deviceToken } = given;
    const wish = { transport, persistent, deviceToken };
    this.signIn.assertBound(wish, exchange); // before the token is used up
    const prove = await this.proof.by(token, exchange.caller);
    return this.signIn.complete(prove, wish, exchange);
  }
}
