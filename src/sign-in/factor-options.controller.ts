import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { requestOptions } from '../factors/passkeys/answers.js';
import { PasskeyOptions } from '../factors/passkeys/passkey-options.js';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { Public } from '../http/public.decorator.js';
import { PresentedTicket } from './presented-ticket.js';

const optionsBody = z
  .strictObject({
    ticket: z.string().optional().meta({ description: 'Of `second_factor_required`; over cookies it is in a cookie.' }),
  })
  .default({});

@Controller('auth/factor/options')
export class FactorOptionsController {
  constructor(
    private readonly presented: PresentedTicket,
    private readonly options: PasskeyOptions,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Begins the proof by a passkey as second factor',
    note: 'It takes no attempt of the ticket. 404 for an account without a passkey.',
    answers: { 200: { says: 'For `navigator.credentials.get`.', body: requestOptions } },
    refuses: ['factor_ticket_invalid', 'not_found', 'unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post()
  @HttpCode(200)
  async begin(
    @Body({ schema: optionsBody }) { ticket }: z.output<typeof optionsBody>,
    @On() exchange: Exchange,
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { user } = await this.presented.look(ticket, exchange);
    const options = await this.options.toProve(user.id, 'factor');
    if (!options) throw new Refusal('not_found');
    return options;
  }
}
