import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';
import { CostsHash } from '../../http/costs-hash.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { emailAddress } from '../../users/email.js';
import type { PublicUser } from '../../users/users.js';
import { Registration } from './registration.js';
import { VerifiedRegistration } from './verified-registration.js';

const registerBody = z.strictObject({ email: emailAddress, password: z.string() });

@Controller('auth')
export class RegistrationController {
  constructor(
    private readonly registration: Registration,
    private readonly verifiedRegistration: VerifiedRegistration,
    private readonly config: Config,
  ) {}

  /** 201 with the user, or 202 without a word where the address is to be verified. */
  @Public()
  @OwnOriginOnly()
  @CostsHash()
  @Post('register')
  @HttpCode(201)
  async register(
    @Body({ schema: registerBody }) { email, password }: z.output<typeof registerBody>,
    @On() exchange: Exchange,
  ): Promise<{ user: PublicUser } | undefined> {
    const { registration } = this.config;
    if (registration === 'closed') throw new Refusal('registration_closed');
    if (registration === 'open') return { user: await this.registration.register(email, password, exchange.caller) };
    await this.verifiedRegistration.register(email, password, exchange);
    exchange.reply.status(202);
    return undefined;
  }
}
