import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { OwnOriginOnly } from '../http/own-origin.decorator.js';
import { Public } from '../http/public.decorator.js';
import { TakesForms } from '../http/takes-forms.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { SessionEnd, type SessionsEnded } from '../sessions/session-end.js';
import { TokenVerification } from '../tokens/token-verification.js';
import { PresentedToken } from '../http/presented-token.js';

const logoutBody = z.strictObject({ refreshToken: z.string().optional() }).optional();

@Controller('auth')
export class LogoutController {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly verification: TokenVerification,
    private readonly presentedToken: PresentedToken,
    private readonly cookies: Cookies,
  ) {}

  /** Ends the session of every token that the request carries; without any it is done already. */
  @Public()
  @TakesForms()
  @OwnOriginOnly({ unlessBearer: true }) // clears cookies even where none arrives
  @Post('logout')
  @HttpCode(204)
  async logout(
    @Body({ schema: logoutBody }) body: z.output<typeof logoutBody>,
    @From() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const presented = this.presentedToken.of(request);
    const refreshToken = body?.refreshToken;
    if (refreshToken !== undefined && presented?.transport === 'cookie') throw new Refusal('ambiguous_token');
    const claims = this.verification.intactClaims(presented?.text ?? '');
    const ends = [
      ...(refreshToken === undefined ? [] : [() => this.sessionEnd.byRefreshToken(refreshToken, caller)]),
      ...(claims ? [() => this.sessionEnd.one({ userId: claims.sub, sessionId: claims.sid }, caller)] : []),
    ];
    // A mobile client has no cookies to clear, and a bearer session never sets one.
    const hasCookies = refreshToken === undefined && presented?.transport !== 'bearer';
    await this.endThenClear(ends, hasCookies ? reply : undefined);
  }

  @SkipVerdictCache()
  @Post('logout-all')
  @HttpCode(204)
  async logoutAll(
    @Me() me: Principal,
    @From() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const hasCookies = this.presentedToken.of(request)?.transport === 'cookie';
    const end = () => this.sessionEnd.allOf(me.userId, 'logout_all', caller);
    await this.endThenClear([end], hasCookies ? reply : undefined);
  }

  /** The cookies go before the confirmation is judged: what is committed is over for this browser. */
  private async endThenClear(ends: (() => Promise<SessionsEnded | undefined>)[], reply?: FastifyReply): Promise<void> {
    const done: (SessionsEnded | undefined)[] = [];
    for (const end of ends) done.push(await end());
    if (reply) this.cookies.clear(reply);
    for (const ended of done) if (ended) assertConfirmed(ended.confirmation);
  }
}
