import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';
import { CostsHash } from '../../http/costs-hash.js';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { emailAddress } from '../../users/email.js';
import { publicUser } from '../../users/users.js';
import { Registration } from './registration.js';
import { VerifiedRegistration } from './verified-registration.js';

const registerBody = z.strictObject({ email: emailAddress, password: z.string() });
const registeredAnswer = z.object({ user: publicUser });

@Controller('auth')
export class RegistrationController {
  constructor(
    private readonly registration: Registration,
    private readonly verifiedRegistration: VerifiedRegistration,
    private readonly config: Config,
  ) {}

  /** 201 with the user, or 202 without a word where the address is to be verified. */
  @Documented({
    under: 'Registration',
    does: 'Makes an account',
    answers: {
      201: { says: 'The account is made; nobody is signed in.', body: registeredAnswer },
      202: { says: 'With `REGISTRATION=verified`: the address gets a mail, whether or not it has an account.' },
    },
    refuses: ['registration_closed', 'email_taken', 'password_rejected', 'too_many_attempts', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @CostsHash()
  @Post('register')
  @HttpCode(201)
  async register(
    @Body({ schema: registerBody }) { email, password }: z.output<typeof registerBody>,
    @On() exchange: Exchange,
  ): Promise<z.output<typeof registeredAnswer> | undefined> {
    const { registration } = this.config;
    if (registration === 'closed') throw new Refusal('registration_closed');
    if (registration === 'open') return { user: await this.registration.register(email, password, exchange.caller) };
    await this.verifiedRegistration.register(email, password, exchange);
    exchange.reply.status(202);
    return undefined;
  }
}
