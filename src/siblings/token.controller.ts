import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { CallingService, ForServices } from './for-services.decorator.js';
import type { ServicePrincipal } from './service-authentication.js';
import { ServiceGrant } from './service-grant.js';

const grantForm = z.object(
  {
    grant_type: z.string('Missing.'),
    scope: z.string().optional(),
    resource: z.array(z.string()).optional(),
  },
  'Missing.',
);

const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  scope: z.string(),
});

@Controller('oauth')
export class TokenController {
  constructor(private readonly grant: ServiceGrant) {}

  @Documented({
    under: 'For services',
    does: 'Gives a service an access token of its own (RFC 6749 §4.4, RFC 8707)',
    answers: { 200: { says: 'The token.', body: tokenAnswer } },
    refuses: ['unauthorized_client', 'unsupported_grant_type', 'invalid_scope', 'invalid_target'],
  })
  @ForServices()
  @Post('token')
  @HttpCode(200)
  async token(
    @Body({ schema: grantForm }) { grant_type: type, ...wish }: z.output<typeof grantForm>,
    @CallingService() service: ServicePrincipal,
    @From() caller: Caller,
  ): Promise<z.output<typeof tokenAnswer>> {
    if (type !== 'client_credentials') throw new Refusal('unsupported_grant_type');
    const { token, scope } = await this.grant.of(service, wish, caller);
    const expiresIn = (token.expiresAt.getTime() - token.issuedAt.getTime()) / 1_000;
    return { access_token: token.text, token_type: 'Bearer', expires_in: expiresIn, scope };
  }
}
