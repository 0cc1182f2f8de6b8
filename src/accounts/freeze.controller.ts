import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { type Caller, From } from '../http/caller.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { Public } from '../http/public.decorator.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { Freeze } from './freeze.js';

const freezeBody = z.strictObject({ token: z.string() });

@Controller('auth/freeze')
export class FreezeController {
  constructor(private readonly freeze: Freeze) {}

  @Public()
  @OwnOriginOnly()
  @Post()
  @HttpCode(204)
  async follow(
    @Body({ schema: freezeBody }) { token }: z.output<typeof freezeBody>,
    @From() caller: Caller,
  ): Promise<void> {
    assertConfirmed(await this.freeze.follow(token, caller));
  }
}
