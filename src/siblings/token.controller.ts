import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
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

@Controller('oauth')
export class TokenController {
  constructor(private readonly grant: ServiceGrant) {}

  @ForServices()
  @Post('token')
  @HttpCode(200)
  async token(
    @Body({ schema: grantForm }) { grant_type: type, ...wish }: z.output<typeof grantForm>,
    @CallingService() service: ServicePrincipal,
    @From() caller: Caller,
  ): Promise<object> {
    if (type !== 'client_credentials') throw new Refusal('unsupported_grant_type');
    const { token, scope } = await this.grant.of(service, wish, caller);
    const expiresIn = (token.expiresAt.getTime() - token.issuedAt.getTime()) / 1_000;
    return { access_token: token.text, token_type: 'Bearer', expires_in: expiresIn, scope };
  }
}
