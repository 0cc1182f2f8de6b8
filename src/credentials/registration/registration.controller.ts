import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';
import { type Caller, From } from '../../http/caller.js';
import { CostsHash } from '../../http/costs-hash.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { emailAddress } from '../../users/email.js';
import type { PublicUser } from '../../users/users.js';
import { Registration } from './registration.js';

const registerBody = z.strictObject({ email: emailAddress, password: z.string() });

@Controller('auth')
export class RegistrationController {
  constructor(
    private readonly registration: Registration,
    private readonly config: Config,
  ) {}

  @Public()
  @OwnOriginOnly()
  @CostsHash()
  @Post('register')
  @HttpCode(201)
  async register(
    @Body({ schema: registerBody }) body: z.output<typeof registerBody>,
    @From() caller: Caller,
  ): Promise<{ user: PublicUser }> {
    if (this.config.registration !== 'open') throw new Refusal('registration_closed');
    return { user: await this.registration.register(body.email, body.password, caller) };
  }
}
