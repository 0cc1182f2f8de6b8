import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { Public } from '../http/public.decorator.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { Freeze } from './freeze.js';

const freezeBody = z.strictObject({ token: z.string() });

@Controller('auth/freeze')
export class FreezeController {
  constructor(private readonly freeze: Freeze) {}

  @Documented({
    under: 'Mailed links',
    does: 'Locks the account of the link that its old address received',
    answers: { 204: { says: 'The account is locked.' } },
    refuses: ['token_invalid', 'too_many_attempts', 'revocation_unconfirmed', 'unavailable'],
  })
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
