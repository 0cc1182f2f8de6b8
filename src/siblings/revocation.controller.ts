import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type * as z from 'zod';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { CallingService, ForServices } from './for-services.decorator.js';
import { tokenForm } from './introspection.controller.js';
import type { ServicePrincipal } from './service-authentication.js';
import { TokenRevocation } from './token-revocation.js';

@Controller('oauth')
export class RevocationController {
  constructor(private readonly revocation: TokenRevocation) {}

  @Documented({
    under: 'For services',
    does: 'Revokes an access token, or ends the session of a refresh token (RFC 7009)',
    answers: { 200: { says: 'The token does not count any more, or never did.' } },
    refuses: ['insufficient_scope', 'revocation_unconfirmed'],
  })
  @ForServices('revoke')
  @Post('revoke')
  @HttpCode(200)
  async revoke(
    @Body({ schema: tokenForm }) { token }: z.output<typeof tokenForm>,
    @CallingService() { name }: ServicePrincipal,
    @From() caller: Caller,
  ): Promise<void> {
    assertConfirmed(await this.revocation.of(token, name, caller));
  }
}
