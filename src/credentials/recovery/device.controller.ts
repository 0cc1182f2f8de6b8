import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { transports } from '../../database/vocabularies.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { DeviceLink } from './device-link.js';

const deviceBody = z.strictObject({ token: z.string(), transport: z.enum(transports).default('cookie') });

@Controller('auth/device')
export class DeviceController {
  constructor(private readonly deviceLink: DeviceLink) {}

  @Public()
  @OwnOriginOnly()
  @Post()
  @HttpCode(200)
  async allow(
    @Body({ schema: deviceBody }) { token, transport }: z.output<typeof deviceBody>,
    @On() exchange: Exchange,
  ): Promise<{ deviceToken?: string }> {
    const deviceToken = await this.deviceLink.follow(token, transport, exchange);
    return deviceToken === undefined ? {} : { deviceToken };
  }
}
