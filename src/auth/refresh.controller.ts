import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { AnswersInTime } from '../http/answers-in-time.js';
import { Cookies } from '../http/cookies.js';
import { Documented, sessionCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { keyProofOf, TakesKeyProof } from '../http/key-proof.js';
import { Public } from '../http/public.decorator.js';
import { RefreshCookies } from '../sessions/refresh-cookies.js';
import { Refresh } from '../sessions/refresh.js';
import { type IssuedAnswer, issuedAnswer, TokenAnswer } from '../sign-in/token-answer.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { Logout } from './logout.js';

const refreshBody = z.strictObject({ refreshToken: z.string().optional() }).optional();

/** Browsers send the refresh cookie to this path only. */
@Public()
@Controller('auth/refresh')
export class RefreshController {
  constructor(
    private readonly refresh: Refresh,
    private readonly refreshCookies: RefreshCookies,
    private readonly browserSession: BrowserSession,
    private readonly cookies: Cookies,
    private readonly logout: Logout,
    private readonly answer: TokenAnswer,
  ) {}

  @Documented({
    under: 'Sessions',
    does: 'Rotates a refresh token',
    note: 'In the body or in the cookie; the answer comes over the same transport. A lost answer may be asked for again for `REFRESH_GRACE_SECONDS`. A session that is bound to a key needs a new proof of it each time.',
    answers: { 200: { says: 'New tokens.', body: issuedAnswer, cookies: sessionCookies } },
    refuses: [
      ...(['ambiguous_token', 'transport_mismatch', 'refresh_token_invalid', 'refresh_token_reused'] as const),
      ...(['session_state_lost', 'too_many_attempts', 'unavailable', 'overloaded'] as const),
    ],
    takes: ['refreshCookie'],
  })
  @TakesKeyProof()
  @AnswersInTime()
  @Post()
  @HttpCode(200)
  async rotate(
    @Body({ schema: refreshBody }) body: z.output<typeof refreshBody>,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    const { request, caller } = exchange;
    const inBody = body?.refreshToken;
    if (inBody === undefined) {
      const cookie = await this.cookieOf(request);
      return this.answer.write(await this.refresh.spend(cookie, 'cookie', { caller }), exchange);
    }
    const isCookieOurs = this.browserSession.of(request) && this.cookies.values(request, 'refresh').length > 0;
    if (isCookieOurs) throw new Refusal('ambiguous_token');
    return this.answer.write(
      await this.refresh.spend(inBody, 'bearer', { caller, proof: keyProofOf(request) }),
      exchange,
    );
  }

  /** Logs a browser out, even after its access token has expired. */
  @Documented({
    under: 'Sessions',
    does: 'Ends the session of a browser, also after its access token has expired',
    answers: { 204: { says: 'Ended, or there was none. The cookies are cleared.', cookies: sessionCookies } },
    refusalCookies: sessionCookies,
    refuses: [
      ...(['unauthenticated', 'refresh_token_invalid', 'token_stale', 'dpop_scheme_mismatch'] as const),
      ...(['revocation_unconfirmed', 'unavailable'] as const),
    ],
    takes: ['refreshCookie'],
  })
  @Delete()
  @HttpCode(204)
  async end(@On() exchange: Exchange): Promise<void> {
    if (exchange.request.headers.authorization !== undefined) {
      const message = 'This route takes the refresh cookie; a client with a bearer token calls POST /auth/logout.';
      throw new Refusal('invalid_request', { errors: [{ path: 'authorization', message }] });
    }
    await this.logout.ofBrowser(exchange);
  }

  /** A refresh cookie without the session cookie may be planted: it is refused before any write. */
  private async cookieOf(request: FastifyRequest): Promise<string> {
    const session = this.browserSession.of(request);
    const cookies = this.cookies.values(request, 'refresh');
    const cookie = session && (await this.refreshCookies.ofSession(cookies, session));
    if (cookie === undefined) throw new Refusal('refresh_token_invalid');
    return cookie;
  }
}
