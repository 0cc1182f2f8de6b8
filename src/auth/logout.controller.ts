import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { Cookies } from '../http/cookies.js';
import { Documented, sessionCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { Public } from '../http/public.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { TakesForms } from '../http/takes-forms.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { SessionEnd, type SessionEnded } from '../sessions/session-end.js';
import { UpstreamLogoutLinks } from '../sessions/upstream-logout-links.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { PresentedToken } from '../tokens/presented-token.js';
import { Logout } from './logout.js';

const logoutQuery = z.strictObject({
  upstream: z
    .literal('true')
    .optional()
    .meta({ description: 'Also names the address where the session at the provider ends, if it began at one.' }),
});
const upstreamLogout = z.object({
  location: z
    .string()
    .meta({ description: 'Of the provider, to navigate to. It holds the ID token: keep it nowhere.' }),
});
const logoutBody = z.strictObject({ refreshToken: z.string().optional() }).optional();

@Controller('auth')
export class LogoutController {
  constructor(
    private readonly logout: Logout,
    private readonly sessionEnd: SessionEnd,
    private readonly presentedToken: PresentedToken,
    private readonly browserSession: BrowserSession,
    private readonly cookies: Cookies,
    private readonly upstreamLogoutLinks: UpstreamLogoutLinks,
  ) {}

  /** Ends the session of every token that the request carries; without any token there is nothing to do. */
  @Documented({
    under: 'Sessions',
    does: 'Ends the session of every token that the request carries',
    note: 'An expired access token counts. From our own pages also a beacon or a form, whose body is ignored.',
    answers: {
      200: {
        says: 'With `upstream=true`: ended; the session at the provider ends at `location`.',
        body: upstreamLogout,
        cookies: sessionCookies,
      },
      204: { says: 'Ended, or there was none.', cookies: sessionCookies },
    },
    refusalCookies: sessionCookies,
    takes: ['bearer', 'cookie', 'refreshCookie'],
    refuses: [
      ...([
        'ambiguous_token',
        'unauthenticated',
        'refresh_token_invalid',
        'token_stale',
        'user_token_required',
      ] as const),
      ...(['revocation_unconfirmed', 'unavailable'] as const),
      ...(['dpop_scheme_mismatch', 'dpop_access_proof_invalid', 'dpop_proof_invalid', 'dpop_nonce_required'] as const),
    ],
    reads: { DPoP: 'A proof of the key that the session is bound to (RFC 9449 §4), for a refresh token in the body.' },
  })
  @Public()
  @TakesForms()
  @OwnOriginOnly({ unlessBearer: true }) // clears cookies even if none arrives
  @Post('logout')
  async one(
    @Body({ schema: logoutBody }) body: z.output<typeof logoutBody>,
    @Query({ schema: logoutQuery }) { upstream }: z.output<typeof logoutQuery>,
    @On() exchange: Exchange,
  ): Promise<z.output<typeof upstreamLogout> | undefined> {
    const ended = await this.end(exchange, body?.refreshToken);
    const location = upstream === undefined ? undefined : await this.upstreamLocation(ended);
    exchange.reply.status(location === undefined ? 204 : 200);
    return location === undefined ? undefined : { location };
  }

  private async end(exchange: Exchange, refreshToken: string | undefined): Promise<readonly SessionEnded[]> {
    const { request } = exchange;
    const presented = this.presentedToken.of(request);
    if (refreshToken === undefined && presented?.transport !== 'bearer') {
      assertUnderstood(request, this.cookies.carriesAny(request));
      return this.logout.ofBrowser(exchange);
    }
    if (presented?.transport === 'cookie' || this.browserSession.of(request)) throw new Refusal('ambiguous_token');
    // A mobile client has no cookies to clear, and a bearer session never sets one.
    const ended: SessionEnded[] = [];
    if (refreshToken !== undefined) ended.push(...(await this.logout.byRefreshToken(refreshToken, exchange)));
    if (presented) ended.push(await this.logout.byAccessToken(presented.text, exchange));
    for (const { confirmation } of ended) assertConfirmed(confirmation);
    return ended;
  }

  /** Only of a session that was alive until now: an old token of an ended one gets nobody an ID token. */
  private async upstreamLocation(ended: readonly SessionEnded[]): Promise<string | undefined> {
    for (const { session, sessions } of ended) {
      const location = sessions > 0 ? await this.upstreamLogoutLinks.of(session) : undefined;
      if (location !== undefined) return location;
    }
    return undefined;
  }

  @Documented({
    under: 'Sessions',
    does: 'Ends every session of the caller, on all devices',
    answers: { 204: { says: 'Ended.', cookies: sessionCookies } },
    refusalCookies: sessionCookies,
    refuses: ['revocation_unconfirmed'],
  })
  @SkipVerdictCache()
  @Post('logout-all')
  @HttpCode(204)
  async all(@Me() me: Principal, @On() exchange: Exchange): Promise<void> {
    const { confirmation } = await this.sessionEnd.allOf(me.userId, 'logout_all', exchange.caller);
    if (this.presentedToken.of(exchange.request)?.transport === 'cookie') this.cookies.clear(exchange);
    assertConfirmed(confirmation);
  }
}

/**
 * A token under a misspelt scheme would end nothing. Beside cookies the header may be a proxy's own (Basic).
 * @throws Refusal `unauthenticated`
 */
function assertUnderstood({ headers }: FastifyRequest, hasCookies: boolean): void {
  if (headers.authorization === undefined || hasCookies) return;
  throw new Refusal('unauthenticated', { cause: new Error('Authorization is not Bearer or DPoP and one token') });
}
