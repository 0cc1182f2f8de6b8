import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { Documented, signInCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { Public } from '../http/public.decorator.js';
import { isSpeculative } from '../http/speculative.js';
import { StartsSession } from '../http/starts-session.decorator.js';
import { MAX_DEVICE_TOKEN } from '../limits/devices.js';
import { bearerTokens } from '../sign-in/token-answer.js';
import { UpstreamCallback } from './sign-in/upstream-callback.js';
import { UpstreamExchange } from './sign-in/upstream-exchange.js';

const exchangeBody = z.strictObject({
  code: z.string().max(128),
  /** RFC 7636 §4.1. */
  codeVerifier: z.string().regex(/^[\w.~-]{43,128}$/, 'must be a code verifier (RFC 7636)'),
  deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
});

@Public()
@Controller('auth/upstream')
export class UpstreamController {
  constructor(
    private readonly callback: UpstreamCallback,
    private readonly exchanges: UpstreamExchange,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Where a provider sends the browser back to',
    note: 'With `ACCOUNT_PAGES=on` a refusal is a redirect to the page that explains it, and a due factor one to the page that asks for it. An app gets `code` or `error`, and its `state`.',
    path: { id: z.string() },
    answers: {
      303: {
        says: 'To `return_to` or the account; to the page that goes on; or to the app.',
        headers: { Location: 'There.' },
        cookies: [...signInCookies, 'factor', 'upstream'],
      },
      204: { says: 'Signed in, and there is nowhere to go.', cookies: [...signInCookies, 'upstream'] },
    },
    refuses: [
      ...(['not_found', 'upstream_request_invalid', 'upstream_declined', 'upstream_invalid'] as const),
      ...(['upstream_unavailable', 'link_required', 'identity_taken', 'too_many_factors'] as const),
      ...(['invalid_credentials', 'second_factor_required', 'enrolment_required'] as const),
      ...(['too_many_attempts', 'unavailable'] as const),
    ],
    refusalCookies: ['factor', 'enrol', 'upstream'],
  })
  @StartsSession()
  @Get(':id/callback')
  async finish(@Param('id') id: string, @On() exchange: Exchange, @Res() reply: FastifyReply): Promise<void> {
    // A page fetched ahead would use up the state, and its cookies are thrown away. Only of an error nothing is kept.
    if (isSpeculative(exchange.request)) throw new Refusal('unavailable');
    const { url } = exchange.request;
    const at = url.indexOf('?');
    const location = await this.callback.finish(id, at < 0 ? '' : url.slice(at + 1), exchange);
    if (location === undefined) void reply.code(204).send();
    else void reply.code(303).header('location', location).send();
  }

  @Documented({
    under: 'Signing in',
    does: 'Exchanges the code that an app got for its user',
    note: 'Of a request to connect a provider: with the access token of the session that began it.',
    answers: {
      200: { says: 'Signed in.', body: bearerTokens },
      204: { says: 'Connected.' },
    },
    refuses: [
      ...(['upstream_request_invalid', 'invalid_credentials', 'identity_taken', 'too_many_factors'] as const),
      ...(['second_factor_required'] as const),
      ...(['enrolment_required', 'unauthenticated', 'token_expired', 'token_stale', 'token_revoked'] as const),
      ...(['dpop_scheme_mismatch', 'dpop_access_proof_invalid', 'too_many_attempts', 'unavailable'] as const),
    ],
    takes: ['bearer'],
  })
  @StartsSession()
  @Post('exchange')
  async exchange(
    @Body({ schema: exchangeBody }) body: z.output<typeof exchangeBody>,
    @On() exchange: Exchange,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const answer = await this.exchanges.of(body, exchange);
    void reply.code(answer === undefined ? 204 : 200);
    return answer;
  }
}
