import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import Negotiator from 'negotiator';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { CallingService, ForServices } from './for-services.decorator.js';
import { type Introspected, Introspection } from './introspection.js';
import type { ServicePrincipal } from './service-authentication.js';
import { ServiceLimits } from './service-limits.js';
import { SIGNED_ANSWER, SignedIntrospection } from './signed-introspection.js';

/** `token_type_hint` is read by nobody: the token's own form tells what it is. */
export const tokenForm = z.object({ token: z.string('Missing.') }, 'Missing.');

const introspected = z.union([
  z.object({ active: z.literal(false) }),
  z.looseObject({ active: z.literal(true), token_use: z.enum(['access_token', 'refresh_token']) }),
]);

@Controller('oauth')
export class IntrospectionController {
  constructor(
    private readonly introspection: Introspection,
    private readonly signedIntrospection: SignedIntrospection,
    private readonly limits: ServiceLimits,
  ) {}

  @Documented({
    under: 'For services',
    does: 'Says whether a token counts, and what it is (RFC 7662)',
    note: 'Spends nothing. `Accept: application/token-introspection+jwt` gets a signed answer (RFC 9701).',
    answers: { 200: { says: 'What the token is.', body: introspected, orAs: { [SIGNED_ANSWER]: z.string() } } },
    reads: { Accept: 'Whether the answer is signed.' },
    refuses: ['insufficient_scope'],
  })
  @ForServices('introspect')
  @Post('introspect')
  @HttpCode(200)
  async introspect(
    @Body({ schema: tokenForm }) { token }: z.output<typeof tokenForm>,
    @CallingService() service: ServicePrincipal,
    @On() { request, reply, caller }: Exchange,
  ): Promise<Introspected | string> {
    const [wanted] = new Negotiator(request).mediaTypes(['application/json', SIGNED_ANSWER]);
    reply.header('vary', 'accept');
    if (wanted !== SIGNED_ANSWER) return this.introspection.of(token, service, caller);
    await this.limits.takeSignature(service.id);
    const answer = await this.introspection.of(token, service, caller);
    reply.type(SIGNED_ANSWER);
    return this.signedIntrospection.sign(answer, service.clientId);
  }
}
