import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { transports } from '../../database/schema/vocabularies.js';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { DeviceLink } from './device-link.js';

const deviceBody = z.strictObject({ token: z.string(), transport: z.enum(transports).default('cookie') });
const deviceAnswer = z.object({
  deviceToken: z.string().optional().meta({ description: 'Over the bearer transport.' }),
});

@Controller('auth/device')
export class DeviceController {
  constructor(private readonly deviceLink: DeviceLink) {}

  @Documented({
    under: 'Mailed links',
    does: 'Makes this device a known one, on which the password counts again',
    note: 'For an account that too many wrong guesses have closed to unknown devices.',
    answers: { 200: { says: 'Known from now on; no session.', body: deviceAnswer, cookies: ['device'] } },
    refuses: ['token_invalid', 'too_many_attempts', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post()
  @HttpCode(200)
  async allow(
    @Body({ schema: deviceBody }) { token, transport }: z.output<typeof deviceBody>,
    @On() exchange: Exchange,
  ): Promise<z.output<typeof deviceAnswer>> {
    const deviceToken = await this.deviceLink.follow(token, transport, exchange);
    return deviceToken === undefined ? {} : { deviceToken };
  }
}
