import { Body, Controller, Delete, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Public } from '../http/public.decorator.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { Refresh } from '../sessions/refresh.js';
import { SessionEnd } from '../sessions/session-end.js';
import { TokenAnswer } from '../sign-in/token-answer.js';

const refreshBody = z.strictObject({ refreshToken: z.string().optional() }).optional();

/** The only path that the refresh cookie is sent to. */
@Public()
@Controller('auth/refresh')
export class RefreshController {
  constructor(
    private readonly refresh: Refresh,
    private readonly sessionEnd: SessionEnd,
    private readonly cookies: Cookies,
    private readonly answer: TokenAnswer,
  ) {}

  @Post()
  @HttpCode(200)
  async rotate(
    @Body({ schema: refreshBody }) body: z.output<typeof refreshBody>,
    @From() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const cookie = this.cookies.read(request, 'refresh');
    const inBody = body?.refreshToken;
    if (cookie !== undefined && inBody !== undefined) throw new Refusal('ambiguous_token');
    const grant =
      inBody === undefined
        ? await this.refresh.spend(cookie ?? '', 'cookie', caller)
        : await this.refresh.spend(inBody, 'bearer', caller);
    return this.answer.write(grant, reply);
  }

  /** How a browser logs out, even when its access token is long gone. */
  @Delete()
  @HttpCode(204)
  async end(
    @From() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const ended = await this.sessionEnd.byRefreshToken(this.cookies.read(request, 'refresh') ?? '', caller);
    this.cookies.clear(reply); // before the confirmation is judged: what is committed is over for this browser
    if (ended) assertConfirmed(ended.confirmation);
  }
}
