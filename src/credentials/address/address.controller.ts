import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { CostsHash } from '../../http/costs-hash.js';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { Me, type Principal } from '../../http/principal.js';
import { NeedsRecentProof } from '../../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../../http/skip-verdict-cache.decorator.js';
import { MAX_DEVICE_TOKEN } from '../../limits/devices.js';
import { emailAddress } from '../../users/email.js';
import { AddressChange } from './address-change.js';

const emailBody = z.strictObject({
  newEmail: emailAddress,
  currentPassword: z.string(),
  deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
});

@Controller('auth/email')
export class AddressController {
  constructor(private readonly addressChange: AddressChange) {}

  @Documented({
    under: 'Account',
    does: 'Asks for another address',
    note:
      'Nothing changes until the link that the new address receives is posted to `/auth/email/verify`. ' +
      'Of an account with a second factor it also needs a recent proof with two factors.',
    answers: { 202: { says: 'The same for a free, a taken and the own address.' } },
    refuses: ['invalid_credentials', 'too_many_attempts'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof({ onlyWithFactor: true })
  @CostsHash()
  @Post()
  @HttpCode(202)
  async change(
    @Body({ schema: emailBody }) body: z.output<typeof emailBody>,
    @Me() me: Principal,
    @On() exchange: Exchange,
  ): Promise<void> {
    await this.addressChange.ask(me, body, exchange);
  }
}
